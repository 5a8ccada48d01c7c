using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>A client that keeps what it gets.</summary>
internal sealed class TestSocket(SocketId id) : LocalSocket(id)
{
    public List<string> Events { get; } = [];

    /// <summary>Whether it breaks its promise and throws.</summary>
    public bool Throws { get; init; }

    /// <summary>What a client does as soon as its connection is closed.</summary>
    public Action? Closed { get; init; }

    internal override void Deliver(Packet packet)
    {
        if (Throws)
        {
            throw new InvalidOperationException("A front with a bug.");
        }
        Events.Add(packet.Event);
    }

    internal override void GivenUp() => Events.Add("given up");

    internal override void EndTurn() => Events.Add("turn ended");

    internal override void Close(DisconnectReason reason)
    {
        Events.Add(reason.ToString());
        Closed?.Invoke();
    }
}
