namespace OrleansAdapter.Namespaces;

/// <summary>Ids of sockets as servers exchange them: 15 bytes each, one behind the other.</summary>
internal static class SocketIdList
{
    public static byte[] Encode(IReadOnlyList<LocalSocket> sockets)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(sockets.Count * SocketId.ByteLength);
        for (var i = 0; i < sockets.Count; i++)
        {
            sockets[i].Id.Write(bytes.AsSpan(i * SocketId.ByteLength));
        }
        return bytes;
    }

    public static void Decode(ReadOnlySpan<byte> bytes, ICollection<SocketId> to)
    {
        for (; bytes.Length >= SocketId.ByteLength; bytes = bytes[SocketId.ByteLength..])
        {
            to.Add(SocketId.Read(bytes));
        }
    }
}
