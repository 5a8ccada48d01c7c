using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>
/// A hub protocol that is not JSON, to show that nothing assumes it: four bytes of length, one of type, and values with a tag each. It knows plain
/// values only, and has no word for the method "unspeakable".
/// </summary>
public sealed class BinaryHubProtocol : IHubProtocol
{
    private const byte InvocationType = 1, CompletionType = 3, PingType = 6, CloseType = 7;
    private const string Unspeakable = "unspeakable";

    private int _written;

    public string Name => "binary";

    public int Version => 1;

    public TransferFormat TransferFormat => TransferFormat.Binary;

    /// <summary>How many messages it has written.</summary>
    public int Written => _written;

    public bool IsVersionSupported(int version) => version == Version;

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        WriteMessage(message, output);
        return output.WrittenMemory;
    }

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        Interlocked.Increment(ref _written);
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(0);
            Write(writer, message);
        }
        var bytes = memory.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - 4);
        output.Write(bytes);
    }

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        message = null;
        if (input.Length < 4)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(input.Slice(0, 4).ToArray());
        if (input.Length < 4 + length)
        {
            return false;
        }
        var bytes = input.Slice(4, length).ToArray();
        input = input.Slice(4 + length);
        using var reader = new BinaryReader(new MemoryStream(bytes));
        message = Read(reader, bytes, binder);
        return true;
    }

    private static void Write(BinaryWriter writer, HubMessage message)
    {
        switch (message)
        {
            case InvocationMessage { Target: Unspeakable }:
                throw new NotSupportedException("There is no word for it.");
            case InvocationMessage invocation:
                writer.Write(InvocationType);
                WriteValue(writer, invocation.InvocationId);
                writer.Write(invocation.Target);
                WriteValue(writer, invocation.Arguments);
                break;
            case CompletionMessage completion:
                writer.Write(CompletionType);
                writer.Write(completion.InvocationId!);
                WriteValue(writer, completion.Error);
                writer.Write(completion.HasResult);
                if (completion.Result is RawResult raw)
                {
                    writer.Write(raw.RawSerializedData.ToArray());
                }
                else if (completion.HasResult)
                {
                    WriteValue(writer, completion.Result);
                }
                break;
            case PingMessage:
                writer.Write(PingType);
                break;
            case CloseMessage close:
                writer.Write(CloseType);
                WriteValue(writer, close.Error);
                writer.Write(close.AllowReconnect);
                break;
            default:
                throw new NotSupportedException($"{message.GetType().Name} is not known.");
        }
    }

    private static HubMessage Read(BinaryReader reader, byte[] bytes, IInvocationBinder binder)
    {
        switch (reader.ReadByte())
        {
            case InvocationType:
                var invocation = (string?)ReadValue(reader);
                var target = reader.ReadString();
                var types = binder.GetParameterTypes(target);
                var arguments = (object?[])ReadValue(reader)!;
                return new InvocationMessage(invocation, target, [.. arguments.Select((argument, i) => Convert(argument, types[i]))]);
            case CompletionType:
                return ReadCompletion(reader, bytes, binder);
            case PingType:
                return PingMessage.Instance;
            case CloseType:
                return new CloseMessage((string?)ReadValue(reader), reader.ReadBoolean());
            default:
                throw new InvalidDataException("An unknown message.");
        }
    }

    private static CompletionMessage ReadCompletion(BinaryReader reader, byte[] bytes, IInvocationBinder binder)
    {
        var id = reader.ReadString();
        if (ReadValue(reader) is string error)
        {
            return CompletionMessage.WithError(id, error);
        }
        if (!reader.ReadBoolean())
        {
            return CompletionMessage.Empty(id);
        }
        Type type;
        try
        {
            type = binder.GetReturnType(id);
        }
        catch (InvalidOperationException)
        {
            return CompletionMessage.Empty(id); // nobody waits for it any more
        }
        return CompletionMessage.WithResult(id, type == typeof(RawResult)
            ? new RawResult(new ReadOnlySequence<byte>(bytes.AsMemory((int)reader.BaseStream.Position)))
            : Convert(ReadValue(reader), type));
    }

    private static object? Convert(object? value, Type type) =>
        value is null || type.IsInstanceOfType(value)
            ? value
            : System.Convert.ChangeType(value, Nullable.GetUnderlyingType(type) ?? type, CultureInfo.InvariantCulture);

    private static void WriteValue(BinaryWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.Write('n');
                break;
            case bool flag:
                writer.Write('f');
                writer.Write(flag);
                break;
            case int or long:
                writer.Write('l');
                writer.Write(System.Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number:
                writer.Write('d');
                writer.Write(number);
                break;
            case string text:
                writer.Write('s');
                writer.Write(text);
                break;
            case byte[] bytes:
                writer.Write('b');
                writer.Write(bytes.Length);
                writer.Write(bytes);
                break;
            case object?[] array:
                writer.Write('a');
                writer.Write(array.Length);
                foreach (var item in array)
                {
                    WriteValue(writer, item);
                }
                break;
            case IReadOnlyDictionary<string, object?> members:
                writer.Write('o');
                writer.Write(members.Count);
                foreach (var (name, member) in members)
                {
                    writer.Write(name);
                    WriteValue(writer, member);
                }
                break;
            default:
                throw new NotSupportedException($"{value.GetType().Name} is no plain value.");
        }
    }

    private static object? ReadValue(BinaryReader reader)
    {
        switch (reader.ReadChar())
        {
            case 'n':
                return null;
            case 'f':
                return reader.ReadBoolean();
            case 'l':
                return reader.ReadInt64();
            case 'd':
                return reader.ReadDouble();
            case 's':
                return reader.ReadString();
            case 'b':
                return reader.ReadBytes(reader.ReadInt32());
            case 'a':
                var items = new object?[reader.ReadInt32()];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = ReadValue(reader);
                }
                return items;
            case 'o':
                Dictionary<string, object?> members = new(StringComparer.Ordinal);
                for (var left = reader.ReadInt32(); left > 0; left--)
                {
                    members.Add(reader.ReadString(), ReadValue(reader));
                }
                return members;
            default:
                throw new InvalidDataException("An unknown value.");
        }
    }
}
