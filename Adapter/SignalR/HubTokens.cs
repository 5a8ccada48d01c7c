using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SignalR;

/// <summary>
/// The ids and tokens that a negotiate answer gives to a client, so that both name this server: a front can route by the first eight characters, and the id
/// is the one that the hub sees.
/// </summary>
/// <remarks>
/// Version 1: the token is the server, a dot and the framework's token; the id is made from the framework's token by a hash. So nothing is kept, whoever
/// knows an id does not know the token, and a client cannot choose its id. Version 0 has no token: its id is the only key there is
/// (<see cref="OrleansAdapterOptions.AllowNegotiateVersion0"/>), and the framework's own is kept here until the connection ends, or is not made within a
/// minute.
/// </remarks>
internal sealed class HubTokens(Namespace @namespace, TimeProvider time, HubSockets sockets)
{
    private const char Separator = '.';
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(1);
    private static readonly object ItemKey = new();

    private readonly ConcurrentDictionary<SocketId, (string Token, long Since)> _versionZero = new();
    private long _pruned = time.GetTimestamp();

    /// <summary>The id that a connection was given when it negotiated; null if it did not.</summary>
    public static SocketId? IdOf(HubConnectionContext connection) =>
        connection.GetHttpContext()?.Items.TryGetValue(ItemKey, out var id) == true ? (SocketId)id! : null;

    /// <summary>Makes a connection request carry the id to <see cref="IdOf"/>.</summary>
    public static void SetId(HttpContext context, SocketId id) => context.Items[ItemKey] = id;

    /// <summary>Whether a negotiate answer gives a client an id and no token.</summary>
    public static bool IsVersionZero(NegotiationResponse response) =>
        string.IsNullOrEmpty(response.ConnectionToken) && !string.IsNullOrEmpty(response.ConnectionId);

    /// <summary>Puts this server's id and token into a negotiate answer. One that refuses, or sends the client elsewhere, stays as it is.</summary>
    public void Rewrite(NegotiationResponse response)
    {
        if (response.ConnectionToken is { Length: > 0 } token)
        {
            var life = @namespace.Life;
            response.ConnectionToken = $"{life}{Separator}{token}";
            response.ConnectionId = IdFrom(token, life).ToString();
        }
        else if (response.ConnectionId is { Length: > 0 } key)
        {
            var id = @namespace.NewSocketId();
            Prune();
            _versionZero[id] = (key, time.GetTimestamp());
            response.ConnectionId = id.ToString();
        }
    }

    /// <summary>
    /// Reads what a client sends as its token: the connection's id, and the framework's token. False if this server, in its present life, did not give it.
    /// </summary>
    public bool TryRead(string text, out SocketId id, [NotNullWhen(true)] out string? token)
    {
        if (SocketId.TryParse(text, out id))
        {
            token = id.Server == @namespace.Life && _versionZero.TryGetValue(id, out var kept) ? kept.Token : null;
            return token is not null;
        }
        token = null;
        if (text.Length <= ServerId.TextLength + 1 || text[ServerId.TextLength] != Separator
            || !ServerId.TryParse(text.AsSpan(0, ServerId.TextLength), out var server) || server != @namespace.Life)
        {
            return false;
        }
        token = text[(ServerId.TextLength + 1)..];
        id = IdFrom(token, server);
        return true;
    }

    /// <summary>The server that gave a client what it sends as its token; false where it names none.</summary>
    public static bool TryReadOwner(string text, out ServerId server)
    {
        if (SocketId.TryParse(text, out var id))
        {
            server = id.Server;
            return true;
        }
        server = default;
        return text.Length > ServerId.TextLength
            && text[ServerId.TextLength] == Separator
            && ServerId.TryParse(text.AsSpan(0, ServerId.TextLength), out server);
    }

    /// <summary>Whether an id is all that a client has to prove its connection with (version 0).</summary>
    public bool IsKey(SocketId id) => _versionZero.ContainsKey(id);

    /// <summary>A connection has ended.</summary>
    public void Forget(SocketId id) => _versionZero.TryRemove(id, out _);

    private static SocketId IdFrom(string token, ServerId server)
    {
        Span<byte> id = stackalloc byte[6 + SHA256.HashSizeInBytes];
        server.Write(id);
        SHA256.HashData(Encoding.UTF8.GetBytes(token), id[6..]);
        return SocketId.Read(id[..SocketId.ByteLength]);
    }

    private void Prune()
    {
        var since = Volatile.Read(ref _pruned);
        if (time.GetElapsedTime(since) < Unused || Interlocked.CompareExchange(ref _pruned, time.GetTimestamp(), since) != since)
        {
            return;
        }
        foreach (var (id, kept) in _versionZero)
        {
            if (time.GetElapsedTime(kept.Since) > Unused && !sockets.Contains(id))
            {
                _versionZero.TryRemove(id, out _);
            }
        }
    }
}
