using System.Buffers;
using System.Text.Json;

namespace OrleansAdapter.Packets;

/// <summary>What JSON has to keep to, so that all who get it can read it.</summary>
internal static class JsonLimits
{
    /// <summary>How deep one argument may be: what every protocol can carry. .NET's reader of SignalR ends at 64, and its frame takes two of them.</summary>
    public const int ArgumentDepth = 62;

    /// <summary>
    /// How deep may be what is shown of a socket to those who fetch it, or what a client answers to many: they put it into arguments of their own.
    /// </summary>
    public const int ShownDepth = 32;

    private static readonly SearchValues<byte> Marks = SearchValues.Create("[]{}\""u8);

    /// <param name="arguments">One JSON array, good otherwise.</param>
    /// <exception cref="ArgumentsTooDeepException">One of them is too deep.</exception>
    public static void CheckArguments(ReadOnlySpan<byte> arguments)
    {
        // Most have not even so many brackets altogether, and counting is fast.
        if (arguments.Count((byte)'[') + arguments.Count((byte)'{') > ArgumentDepth + 1 && DepthOf(arguments) > ArgumentDepth + 1)
        {
            throw new ArgumentsTooDeepException();
        }
    }

    /// <summary>
    /// What is wrong with JSON that is to be shown to others: it is too deep, or has text that is no Unicode (half of a surrogate pair, which JSON can
    /// express). Null where it is good.
    /// </summary>
    public static string? WhatIsWrong(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ShownDepth });
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }
            return null;
        }
        catch (JsonException)
        {
            return DepthOf(json) > ShownDepth ? $"deeper than {ShownDepth} levels" : "no JSON";
        }
        catch (InvalidOperationException)
        {
            return "text that is no Unicode";
        }
    }

    private static int DepthOf(ReadOnlySpan<byte> json)
    {
        var (depth, deepest) = (0, 0);
        while (json.IndexOfAny(Marks) is >= 0 and var at)
        {
            var mark = json[at];
            json = json[(at + 1)..];
            switch (mark)
            {
                case (byte)'"':
                    json = AfterText(json);
                    break;
                case (byte)'[' or (byte)'{':
                    deepest = Math.Max(deepest, ++depth);
                    break;
                default:
                    depth--;
                    break;
            }
        }
        return deepest;
    }

    private static ReadOnlySpan<byte> AfterText(ReadOnlySpan<byte> json)
    {
        while (json.IndexOfAny((byte)'"', (byte)'\\') is >= 0 and var at)
        {
            if (json[at] == (byte)'"')
            {
                return json[(at + 1)..];
            }
            json = json[Math.Min(json.Length, at + 2)..];
        }
        return default;
    }
}

/// <summary>An argument is nested too deeply for some of the clients that may get it; nothing was sent.</summary>
internal sealed class ArgumentsTooDeepException() : JsonException(
    $"An argument is nested deeper than {JsonLimits.ArgumentDepth} levels, more than every client's protocol can carry; nothing was sent.");
