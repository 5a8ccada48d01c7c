using System.Collections;
using System.Reflection;
using System.Text;

namespace OrleansAdapter.Grains.Tests.Codec;

/// <summary>Everything that an object graph says, as text: two messages with the same text are the same message.</summary>
internal static class Dump
{
    /// <summary>How an object came about, not what it says.</summary>
    private static readonly string[] Left = ["Encoded", "EncodedVersion", "EqualityContract"];

    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null:
                text.AppendLine("null");
                break;
            case ReadOnlyMemory<byte> bytes:
                text.AppendLine(Convert.ToHexString(bytes.Span));
                break;
            case string or ServerId or SocketId or DateTimeOffset or Enum:
            case { } plain when plain.GetType().IsPrimitive:
                text.AppendLine(value.ToString());
                break;
            case IEnumerable items:
                text.AppendLine();
                foreach (var item in items)
                {
                    text.Append(' ', depth).Append("- ");
                    Write(text, item, depth + 2);
                }
                break;
            default:
                text.AppendLine(value.GetType().Name);
                foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                {
                    if (!property.PropertyType.IsByRefLike && !Left.Contains(property.Name))
                    {
                        text.Append(' ', depth).Append(property.Name).Append(": ");
                        Write(text, property.GetValue(value), depth + 2);
                    }
                }
                break;
        }
    }
}
