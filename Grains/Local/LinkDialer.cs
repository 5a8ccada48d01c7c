using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>Where a link goes to, and what this process says of itself there.</summary>
internal sealed record LinkTarget(string Path, ReadOnlyMemory<byte> Secret, LinkRole Role)
{
    /// <summary>The versions it speaks.</summary>
    public ProtocolRange Versions { get; init; } = ProtocolVersion.Ours;
}

/// <summary>Makes links to the directory: tries for ever, in short steps, until one is agreed on.</summary>
internal sealed class LinkDialer(LinkTarget target, LinkOptions options, TimeProvider time, Random random, LinkMetrics metrics, ILogger logger)
{
    /// <summary>After the directory refused a process that it had let in before, it is unlikely to change its mind at once.</summary>
    private const int RefusedPause = 2_000;

    /// <summary>How often failing is told, in attempts.</summary>
    private const int LogEvery = 100;

    /// <summary>The pauses between attempts in milliseconds, the last one for ever; each is shortened by up to a half, so that many servers do not come at once.</summary>
    private static readonly int[] Pauses = [20, 50, 100, 150];

    private bool _wasLetIn;

    /// <summary>Where it connects to.</summary>
    public string Path => target.Path;

    /// <summary>Connects; null only where cancelled.</summary>
    /// <exception cref="DirectoryRefusedException">The directory has never let this process in, and refuses it now.</exception>
    public async Task<LinkConnection?> ConnectAsync(ServerId process, CancellationToken cancellationToken)
    {
        for (var attempt = 0; !cancellationToken.IsCancellationRequested; attempt++)
        {
            var pause = Pauses[Math.Min(attempt, Pauses.Length - 1)];
            try
            {
                var connection = await TryConnectAsync(process, cancellationToken);
                _wasLetIn = true;
                return connection;
            }
            catch (DirectoryRefusedException exception) when (_wasLetIn)
            {
                LinkLog.RefusedByDirectory(logger, exception.Message);
                pause = RefusedPause;
            }
            catch (Exception exception) when (exception is SocketException or IOException or ProtocolException or ObjectDisposedException or OperationCanceledException)
            {
                if (attempt % LogEvery == LogEvery - 1)
                {
                    LinkLog.NotReached(logger, target.Path, exception.Message);
                }
            }
            await PauseAsync(pause, cancellationToken);
        }
        return null;
    }

    private async Task PauseAsync(int milliseconds, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds * (0.5 + (random.NextDouble() / 2))), time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The caller sees it by the token.
        }
    }

    private async Task<LinkConnection> TryConnectAsync(ServerId process, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.GreetingTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var socket = await LinkSocket.ConnectAsync(target.Path, either.Token);
        try
        {
            var stream = new NetworkStream(socket, ownsSocket: true);
            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: LinkSocket.BufferBytes, leaveOpen: true));
            await stream.WriteAsync(LinkGreeting.Write(new LinkHello(target.Versions, target.Role, process, target.Secret)), either.Token);
            var welcome = await LinkGreeting.ReadWelcomeAsync(reader, either.Token);
            var version = Check(welcome);
            LinkLog.Connected(logger, target.Path, version);
            return new LinkConnection(socket, reader, stream, version, options, metrics, logger);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private byte Check(LinkWelcome welcome)
    {
        switch (welcome.Status)
        {
            case LinkWelcomeStatus.WrongSecret:
                throw new DirectoryRefusedException(
                    $"The directory at {target.Path} refuses this process: its secret is not the one that the directory was started with. Give both the same {nameof(LocalDirectoryOptions.Secret)}.");
            case LinkWelcomeStatus.NoCommonVersion:
                throw new DirectoryRefusedException(
                    $"The directory at {target.Path} refuses this process: there is no protocol version in common. This side speaks {target.Versions}, the directory {welcome.Versions}. Upgrade the older one.");
            default:
                return target.Versions.Contains(welcome.Version)
                    ? welcome.Version
                    : throw new ProtocolException($"The directory chose version {welcome.Version}; this side speaks {target.Versions}.");
        }
    }
}
