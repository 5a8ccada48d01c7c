using System.Text.Json;

namespace OrleansAdapter.SocketIO;

/// <content>How it comes back to its sessions.</content>
internal sealed partial class SocketIOClient
{
    private SocketIOSocket NewSocket(SocketId id, SocketIONamespace @namespace, JsonElement auth) =>
        new(id, @namespace, this, new Handshake(_handshake, auth)) { UserId = SocketIOServer.UserIdOf(_handshake.User) };

    /// <summary>Brings the client back to its session; null where it begins anew.</summary>
    private async Task<(SocketIOSocket Socket, bool Entered)?> RecoverAsync(
        SocketIONamespace @namespace, int attempt, string secret, OrderOffset offset, JsonElement auth)
    {
        var name = @namespace.Name;
        var claim = new SessionClaim(SecretHash.Of(secret), SocketIOServer.UserIdOf(_handshake.User) ?? "", offset, LooksOnly: false);
        SocketIOSocket? made = null;
        if (!_server.Options.ConnectionStateRecovery!.SkipMiddlewares)
        {
            // It is claimed when the middlewares have let it in; a client that they reject may ask again.
            var seen = await @namespace.Core.ClaimAsync(
                claim with { LooksOnly = true }, static (_, _) => throw new InvalidOperationException("Who only looks gets no socket."), IsWanted)
                .ConfigureAwait(false);
            if (seen.Refusal != ClaimRefusal.None)
            {
                SocketIOLog.NotRecovered(_server.Logger, name, seen.Refusal);
                return null;
            }
            made = NewSocket(seen.Session!.Socket, @namespace, auth).WithSecret(secret);
            made.Restore(seen.Session.Data);
            if (!TryAdd(name, attempt, made))
            {
                return (made, false);
            }
            await RunMiddlewaresAsync(@namespace, made).ConfigureAwait(false);
        }
        var outcome = await @namespace.Core
            .ClaimAsync(claim, (id, _) => made ?? NewSocket(id, @namespace, auth).WithSecret(secret), IsWanted).ConfigureAwait(false);
        if (outcome.Refusal == ClaimRefusal.None && SocketIOSocket.SizeOf(outcome) > _server.QueueLimit / 2)
        {
            @namespace.Forget((SocketIOSocket)outcome.Socket!);
            outcome = outcome with { Refusal = ClaimRefusal.TooMuchMissed };
        }
        if (outcome.Refusal != ClaimRefusal.None)
        {
            SocketIOLog.NotRecovered(_server.Logger, name, outcome.Refusal);
            GiveUp(made);
            return null;
        }
        var socket = (SocketIOSocket)outcome.Socket!;
        try
        {
            if (made is null)
            {
                socket.Restore(outcome.Session!.Data);
                if (!TryAdd(name, attempt, socket))
                {
                    @namespace.Forget(socket, mayComeBack: true);
                    return (socket, false);
                }
            }
            return (socket, await socket.ReenterAsync(outcome).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            SocketIOLog.NotReadable(_server.Logger, name, socket.Id, exception);
            @namespace.Forget(socket);
            GiveUp(socket);
            return null;
        }
    }

    /// <summary>Whether the client is still there; what asks for its session on its behalf ends otherwise.</summary>
    private bool IsWanted()
    {
        lock (_sockets)
        {
            return !_closed;
        }
    }

    private async Task RunMiddlewaresAsync(SocketIONamespace @namespace, SocketIOSocket made)
    {
        try
        {
            await @namespace.RunMiddlewaresAsync(made).ConfigureAwait(false);
        }
        catch
        {
            GiveUp(made);
            throw;
        }
    }

    /// <summary>A socket that was on its way in is given up for another one.</summary>
    private void GiveUp(SocketIOSocket? made)
    {
        lock (_sockets)
        {
            for (var i = 0; made is not null && i < _sockets.Count; i++)
            {
                if (ReferenceEquals(_sockets[i].Socket, made))
                {
                    _sockets[i] = _sockets[i] with { Socket = null };
                }
            }
        }
    }
}
