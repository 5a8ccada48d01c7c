using Microsoft.Extensions.Logging;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>The directory in another process on this machine, reached over one link that is made again for ever when it ends.</summary>
/// <remarks>
/// A message that cannot be sent now is dropped, as the seam allows: while the link is down, and while more waits than <see cref="LinkOptions.MaximumQueuedBytes"/>.
/// </remarks>
internal sealed class LinkDirectory : IDirectory, ILinkHandler
{
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(1);

    private readonly LinkDialer _dialer;
    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LinkMetrics _metrics = new();
    private readonly LinkRequests _requests;
    private readonly LinkRole _role;
    private readonly LinkPacket.Names _names = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDirectoryReceiver? _receiver;
    private volatile LinkConnection? _connection;
    private Task _running = Task.CompletedTask;
    private ServerId _process;
    private bool _dropping;

    /// <summary>Makes it; nothing is connected before <see cref="StartAsync"/>.</summary>
    public LinkDirectory(LinkTarget target, LinkOptions options, TimeProvider time, Random random, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _role = target.Role;
        _requests = new LinkRequests(options.RequestTimeout, time);
        _dialer = new LinkDialer(target, options, time, random, _metrics, logger);
    }

    /// <inheritdoc/>
    public string Engine => "local";

    /// <inheritdoc/>
    public async Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _receiver, receiver, null) is not null)
        {
            throw new InvalidOperationException("This directory has been started already.");
        }
        _process = process.Process;
        _running = RunAsync(_process);
        await _reached.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Send(string @namespace, WorkerMessage message) => Send(LinkPacket.Of(@namespace, message));

    /// <inheritdoc/>
    public void Send(ServerMessage message) => Send(LinkPacket.Of(message));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) =>
        (IReadOnlyList<ServerDescription>)(await _requests.AskAsync("Listing servers", number => Send(LinkPacket.ListServers(number)), cancellationToken))!;

    /// <inheritdoc/>
    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        if (_role != LinkRole.Supervisor && process.Process != _process)
        {
            throw new InvalidOperationException($"Only a supervisor reports the death of others, and this link is one of a {_role}: use {nameof(DirectorySupervisor)}.");
        }
        if (_role != LinkRole.Supervisor && _connection is { Version: < ProtocolVersion.WithAddresses })
        {
            throw new DirectoryUnavailableException("The directory's process is of an older version, which takes no resignations.");
        }
        return _requests.AskAsync("Reporting a death", number => Send(LinkPacket.ReportDeath(number, process.Process)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }
        await _stopping.CancelAsync();
        _connection?.Finish();
        try
        {
            await _running.WaitAsync(FarewellLimit, _time);
        }
        catch (TimeoutException)
        {
            _connection?.Close("this process stops");
            await _running;
        }
        _metrics.Dispose();
    }

    /// <inheritdoc/>
    public void Handle(ReadOnlyMemory<byte> message, byte version)
    {
        var reader = new WireReader(message, version);
        var type = (LinkPacketType)reader.Byte();
        switch (type)
        {
            case LinkPacketType.Home:
                var @namespace = _names.Read(ref reader);
                _receiver!.Receive(@namespace, MessageCodec.ReadHomeMessage(reader.Rest()));
                break;
            case LinkPacketType.Server:
                _receiver!.Receive(MessageCodec.ReadServerMessage(reader.Rest()));
                break;
            case LinkPacketType.Servers:
                var question = reader.Long();
                var servers = reader.List(ServerMessageCodec.MinimumDescriptionBytes, static (ref WireReader r) => ServerMessageCodec.ReadDescription(ref r));
                reader.End();
                _requests.Answer(question, servers);
                break;
            case LinkPacketType.DeathReported:
                var report = reader.Long();
                reader.End();
                _requests.Answer(report, null);
                break;
            default:
                throw new ProtocolException($"The packet type {(byte)type} is not one of the directory.");
        }
    }

    private bool Send(in LinkPacket packet)
    {
        if (_connection is not { } connection)
        {
            _metrics.Dropped();
            return false;
        }
        var sent = connection.Send(packet);
        if (!sent)
        {
            _metrics.Dropped();
        }
        if (sent == _dropping)
        {
            _dropping = !sent;
            if (_dropping)
            {
                LinkLog.Dropping(_logger, _options.MaximumQueuedBytes);
            }
        }
        return sent;
    }

    private void TellConnected()
    {
        try
        {
            _receiver!.Connected();
        }
#pragma warning disable CA1031 // A receiver's bug must not end the link for ever.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LinkLog.HandlerFailed(_logger, exception);
        }
    }

    private async Task RunAsync(ServerId process)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (await _dialer.ConnectAsync(process, _stopping.Token) is { } connection)
            {
                _connection = connection;
                if (_stopping.IsCancellationRequested)
                {
                    connection.Finish();
                }
                _reached.TrySetResult();
                TellConnected();
                var reason = await connection.RunAsync(this);
                _connection = null;
                _requests.Fail(reason);
                if (!_stopping.IsCancellationRequested)
                {
                    LinkLog.Lost(_logger, _dialer.Path, reason);
                }
            }
        }
        catch (DirectoryRefusedException exception)
        {
            _reached.TrySetException(exception);
        }
        finally
        {
            _reached.TrySetCanceled(CancellationToken.None);
        }
    }
}
