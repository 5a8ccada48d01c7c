using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Cluster;

/// <summary>A request that reached this server: whom it concerns here, and the way back. To be answered once, at any time, from any thread.</summary>
internal sealed class RequestContext(ThisServer server, ServerId asker, ServerId self, long id, IReadOnlyList<LocalSocket> sockets, ReadOnlyMemory<byte> body)
{
    /// <summary>An answer is cut into parts of this size, so that it holds up nothing else on its way.</summary>
    private const int PartSize = 256 << 10;

    /// <summary>The local sockets that match.</summary>
    public IReadOnlyList<LocalSocket> Sockets { get; } = sockets;

    public ReadOnlyMemory<byte> Body { get; } = body;

    public ServerId Asker { get; } = asker;

    public long Id { get; } = id;

    public void Answer(ReadOnlyMemory<byte> answer)
    {
        var part = 0;
        do
        {
            var length = Math.Min(PartSize, answer.Length);
            server.Send(new Answer(Asker, self, Id, part++, length == answer.Length, null, answer[..length]));
            answer = answer[length..];
        }
        while (answer.Length > 0);
    }

    public void Fail(string error) => server.Send(new Answer(Asker, self, Id, 0, true, error, default));
}
