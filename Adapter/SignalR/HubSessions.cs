using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>The sessions that clients of a hub come back to, where <see cref="OrleansAdapterOptions.HubRecovery"/> is set (docs/RECOVERY.md).</summary>
internal sealed class HubSessions
{
    private readonly Namespace _namespace;
    private readonly bool _replays;
    private readonly ILogger _logger;

    public HubSessions(Namespace @namespace, HubRecoveryOptions options, ILogger logger)
    {
        (_namespace, _replays, _logger) = (@namespace, options.MaxReplayedInvocations > 0, logger);
        @namespace.UseRecovery(options.Settings(), null);
    }

    /// <summary>A new client gets a session.</summary>
    public static void Give(HubSocket socket)
    {
        var token = SessionSecret.New();
        socket.Session = new SocketSession(ResumeRequest.HashOf(token));
        socket.Token = token;
    }

    /// <summary>Whether a client is to be told the place of each invocation, as it asks for.</summary>
    public bool GivesOffsets(HttpRequest? request) => _replays && ResumeRequest.WantsOffsets(request);

    /// <summary>
    /// Brings a client that shows a token back to its session: the socket, which has its id, rooms and data, and what it missed where it said up to where it
    /// had received everything. Null where it shows none, or does not get its session, of which it is told nothing. A token is used up by that; the socket
    /// has a new one.
    /// </summary>
    /// <param name="request">The connection's first request.</param>
    /// <param name="user">Who the client is now; null where nobody is logged in.</param>
    /// <param name="takesOffset">Whether it can be given what it missed.</param>
    /// <param name="make">Makes the socket, in the namespace's turn. It is to hold what it is sent until its connection is ready.</param>
    /// <param name="aborted">Cancelled when the connection has gone.</param>
    public async Task<HubSocket?> ResumeAsync(HttpRequest? request, string? user, bool takesOffset, Func<SocketId, HubSocket> make, CancellationToken aborted)
    {
        if (ResumeRequest.Read(request, takesOffset, out var isMalformed) is not var (token, offset))
        {
            if (isMalformed)
            {
                _namespace.Server.Metrics.ClaimMalformed();
            }
            return null;
        }
        var next = SessionSecret.New();
        var claim = new SessionClaim(ResumeRequest.HashOf(token), user ?? "", offset ?? default, LooksOnly: false)
        {
            WithoutMissed = offset is null,
            Next = ResumeRequest.HashOf(next),
        };
        var outcome = await _namespace.ClaimAsync(claim, (id, _) => make(id), () => !aborted.IsCancellationRequested).ConfigureAwait(false);
        if (outcome.Refusal == ClaimRefusal.None && outcome.Missed.Sum(entry => (long)entry.Operation.Body.Length) is var size
            && size > _namespace.Server.Options.ClientQueueHardLimit / 2)
        {
            await GiveUpAsync((HubSocket)outcome.Socket!).ConfigureAwait(false);
            outcome = outcome with { Refusal = ClaimRefusal.TooMuchMissed };
        }
        if (outcome.Refusal != ClaimRefusal.None)
        {
            HubLog.NotRecovered(_logger, _namespace.Name, outcome.Refusal);
            return null;
        }
        var socket = (HubSocket)outcome.Socket!;
        try
        {
            socket.Restore(
                next,
                SocketSession.Read(outcome.Session!.Data, _namespace.Server.Options.JsonSerializerOptions),
                offset is null ? HubConnectionRecovery.WithoutMessages : HubConnectionRecovery.WithMessages,
                [.. outcome.Missed.Select(entry => PacketOf(entry, outcome.Epoch))]);
            return socket;
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            HubLog.NotReadable(_logger, _namespace.Name, socket.Id, exception);
            await GiveUpAsync(socket).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Tells the home what the application keeps with a socket, if that has changed. Ends when it would survive this server.</summary>
    public async Task KeepDataAsync(HubSocket socket)
    {
        if (socket.Session is not { } session)
        {
            return;
        }
        try
        {
            Task told;
            lock (session)
            {
                if (!session.HasChanged(socket.DataIfAny, _namespace.Server.Options.JsonSerializerOptions))
                {
                    return;
                }
                told = _namespace.TellDataAsync(socket, session.Data);
            }
            await told.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            HubLog.DataNotSerialised(_logger, _namespace.Name, exception);
        }
        catch (Exception exception) when (exception is OperationException or TimeoutException)
        {
            HubLog.DataNotConfirmed(_logger, _namespace.Name, socket.Id, exception);
        }
    }

    /// <summary>The client has its session, and cannot be given what belongs to it: the session ends, and the connection goes on without that socket.</summary>
    private Task GiveUpAsync(HubSocket socket)
    {
        socket.Release();
        return _namespace.DisconnectAsync(socket);
    }

    private static Packet PacketOf(Entry entry, long epoch)
    {
        var packet = PacketCodec.Decode(entry.Operation.Body, entry.Operation.Target!.Flags);
        packet.Offset = OffsetText.Write(new OrderOffset(epoch, entry.Number));
        return packet;
    }
}
