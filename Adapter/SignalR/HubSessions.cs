using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SignalR;

/// <summary>The sessions that clients of a hub come back to, where <see cref="OrleansAdapterOptions.HubRecovery"/> is set (docs/RECOVERY.md).</summary>
internal sealed class HubSessions
{
    private readonly Namespace _namespace;
    private readonly ILogger _logger;

    public HubSessions(Namespace @namespace, HubRecoveryOptions options, ILogger logger)
    {
        (_namespace, _logger) = (@namespace, logger);
        @namespace.UseRecovery(options.Settings(), null);
    }

    /// <summary>A new client gets a session.</summary>
    public static void Give(HubSocket socket)
    {
        var token = SessionSecret.New();
        socket.Session = new SocketSession(ResumeToken.HashOf(token));
        socket.Token = token;
    }

    /// <summary>
    /// Brings a client that shows a token back to its session: the socket, which has its id, rooms and data. Null where it shows none, or does not get
    /// its session, of which it is told nothing. A token is used up by that; the socket has a new one.
    /// </summary>
    /// <param name="request">The connection's first request.</param>
    /// <param name="user">Who the client is now; null where nobody is logged in.</param>
    /// <param name="make">Makes the socket, in the namespace's turn. It is to hold what it is sent until its connection is ready.</param>
    public async Task<HubSocket?> ResumeAsync(HttpRequest? request, string? user, Func<SocketId, HubSocket> make)
    {
        if (ResumeToken.Read(request, out var isMalformed) is not { } token)
        {
            if (isMalformed)
            {
                _namespace.Server.Metrics.ClaimMalformed();
            }
            return null;
        }
        var next = SessionSecret.New();
        var claim = new SessionClaim(ResumeToken.HashOf(token), user ?? "", default, LooksOnly: false)
        {
            WithoutMissed = true,
            Next = ResumeToken.HashOf(next),
        };
        var outcome = await _namespace.ClaimAsync(claim, (id, _) => make(id)).ConfigureAwait(false);
        if (outcome.Refusal != ClaimRefusal.None)
        {
            HubLog.NotRecovered(_logger, _namespace.Name, outcome.Refusal);
            return null;
        }
        var socket = (HubSocket)outcome.Socket!;
        socket.Restore(next, SocketSession.Read(outcome.Session!.Data));
        return socket;
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
}
