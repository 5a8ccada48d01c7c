namespace OrleansAdapter.Grains;

/// <summary>
/// Puts long messages together from their parts. Only the newest message of each process is kept, so that one which is never finished does not stay.
/// </summary>
internal sealed class MessageParts(long limit)
{
    private readonly Dictionary<ServerId, Assembly> _assemblies = [];

    /// <summary>Takes a part; returns the whole message with its last part, else null.</summary>
    /// <exception cref="InvalidOperationException">The parts come to more than the limit.</exception>
    public byte[]? Add(MessagePart part)
    {
        if (part.Index == 0)
        {
            _assemblies[part.Sender] = new Assembly(part.Message, part.Count);
        }
        if (!_assemblies.TryGetValue(part.Sender, out var assembly) || assembly.Message != part.Message || assembly.Parts.Count != part.Index)
        {
            return null; // a part was lost or came twice: the sender sends all again
        }
        assembly.Parts.Add(part.Bytes);
        assembly.Length += part.Bytes.Length;
        if (assembly.Length > limit)
        {
            _assemblies.Remove(part.Sender);
            throw new InvalidOperationException(
                $"A message of server {part.Sender} has more than {limit} bytes ({nameof(DirectoryOptions)}.{nameof(DirectoryOptions.MaximumMessageBytes)}).");
        }
        if (assembly.Parts.Count < assembly.Count)
        {
            return null;
        }
        _assemblies.Remove(part.Sender);
        return Join(assembly);
    }

    /// <summary>Splits a message into parts; a short one is one part.</summary>
    public static IEnumerable<MessagePart> Split(ServerId sender, long message, byte[] bytes, int partBytes)
    {
        var count = (bytes.Length + partBytes - 1) / partBytes;
        for (var i = 0; i < count; i++)
        {
            var start = i * partBytes;
            yield return new MessagePart(sender, message, i, count, bytes.AsSpan(start, Math.Min(partBytes, bytes.Length - start)).ToArray());
        }
    }

    /// <summary>Forgets the parts of a life's unfinished message.</summary>
    public void Forget(ServerId sender) => _assemblies.Remove(sender);

    private static byte[] Join(Assembly assembly)
    {
        var bytes = GC.AllocateUninitializedArray<byte>((int)assembly.Length);
        var at = 0;
        foreach (var part in assembly.Parts)
        {
            part.CopyTo(bytes, at);
            at += part.Length;
        }
        return bytes;
    }

    private sealed class Assembly(long message, int count)
    {
        public long Message { get; } = message;

        public int Count { get; } = count;

        public List<byte[]> Parts { get; } = [];

        public long Length { get; set; }
    }
}
