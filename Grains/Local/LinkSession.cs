using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>The directory's side of one link: takes what a process sends to the directory, and is the directory's way to that process.</summary>
internal sealed class LinkSession(DirectoryHost directory, LinkHello peer, LinkConnection connection, LinkOptions options, LinkMetrics metrics) : ILinkHandler, IDirectoryEndpoint
{
    private readonly LinkPacket.Names _names = new();

    /// <summary>Whether the process reported its own end: it is to hear that all have taken note, and closes the link itself.</summary>
    private volatile bool _resigned;

    /// <summary>Serves the process until the link ends; returns why it did.</summary>
    public async Task<string> RunAsync()
    {
        if (peer.Role == LinkRole.Worker)
        {
            directory.Attach(peer.Process, this);
        }
        try
        {
            return await connection.RunAsync(this);
        }
        finally
        {
            directory.Detach(peer.Process, this);
        }
    }

    /// <inheritdoc/>
    public void Handle(ReadOnlyMemory<byte> message, byte version)
    {
        var reader = new WireReader(message, version);
        var type = (LinkPacketType)reader.Byte();
        switch (type)
        {
            case LinkPacketType.Worker:
                Demand(LinkRole.Worker, "talks to homes");
                var @namespace = _names.Read(ref reader);
                var forHome = MessageCodec.ReadWorkerMessage(reader.Rest());
                SpeaksForItself(forHome.Life);
                if (forHome is Register { Replaces: { IsNone: false } replaced })
                {
                    SpeaksForItself(replaced);
                }
                directory.Receive(@namespace, forHome);
                break;
            case LinkPacketType.Server:
                Demand(LinkRole.Worker, "describes itself");
                var forServers = MessageCodec.ReadServerMessage(reader.Rest());
                SpeaksForItself(forServers switch
                {
                    Describe describe => describe.Description.Process,
                    Answer answer => answer.From,
                    AcknowledgeAnswers acknowledge => acknowledge.Process,
                    _ => throw new ProtocolException($"{forServers.GetType().Name} is not sent to a directory."),
                });
                directory.Receive(forServers);
                break;
            case LinkPacketType.ListServers:
                var question = reader.Long();
                reader.End();
                _ = ListServersAsync(question);
                break;
            case LinkPacketType.ReportDeath:
                var report = reader.Long();
                var process = reader.Server();
                reader.End();
                _resigned = process.Process == peer.Process.Process;
                if (!_resigned)
                {
                    Demand(LinkRole.Supervisor, "reports the death of others");
                }
                _ = ReportDeathAsync(report, process);
                break;
            default:
                throw new ProtocolException($"The packet type {(byte)type} is not one to the directory.");
        }
    }

    /// <inheritdoc/>
    public void Send(string @namespace, HomeMessage message) => Send(LinkPacket.Of(@namespace, message));

    /// <inheritdoc/>
    public void Send(ServerMessage message) => Send(LinkPacket.Of(message));

    /// <inheritdoc/>
    public void Close(string reason)
    {
        if (!_resigned)
        {
            connection.Close(reason);
        }
    }

    private void Send(in LinkPacket packet)
    {
        if (!connection.Send(packet))
        {
            metrics.Dropped();
            connection.Close($"more than {options.MaximumQueuedBytes} bytes wait for the process to read them");
        }
    }

    private void SpeaksForItself(ServerId server)
    {
        if (server.Process != peer.Process.Process)
        {
            throw new ProtocolException($"The process {peer.Process} speaks for {server}, which is not its own.");
        }
    }

    private void Demand(LinkRole role, string does)
    {
        if (peer.Role != role)
        {
            throw new ProtocolException($"Only a {role} {does}; this process greeted as a {peer.Role}.");
        }
    }

    private async Task ListServersAsync(long correlation) => Send(LinkPacket.Servers(correlation, await directory.ServersAsync()));

    private async Task ReportDeathAsync(long correlation, ServerId process)
    {
        await directory.ReportDeathAsync(process);
        Send(LinkPacket.DeathReported(correlation));
    }
}
