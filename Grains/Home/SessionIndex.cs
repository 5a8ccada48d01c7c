using System.Diagnostics.CodeAnalysis;

namespace OrleansAdapter.Grains;

/// <summary>Sessions by their sockets and by their secrets. Sets rather than dictionaries: the keys are in the sessions.</summary>
internal sealed class SessionIndex
{
    private readonly HashSet<Session> _all;
    private readonly HashSet<Session>.AlternateLookup<SocketId> _bySocket;
    private readonly HashSet<Session> _secrets;
    private readonly HashSet<Session>.AlternateLookup<SecretHash> _bySecret;

    public SessionIndex()
    {
        _all = new HashSet<Session>(new BySocket());
        _secrets = new HashSet<Session>(new BySecret());
        (_bySocket, _bySecret) = (_all.GetAlternateLookup<SocketId>(), _secrets.GetAlternateLookup<SecretHash>());
    }

    public int Count => _all.Count;

    public IEnumerable<Session> All => _all;

    public Session? Find(SocketId socket) => _bySocket.TryGetValue(socket, out var session) ? session : null;

    public Session? Find(SecretHash secret) => _bySecret.TryGetValue(secret, out var session) ? session : null;

    /// <summary>False, and nothing is added, where another session has the socket or the secret.</summary>
    public bool Add(Session session)
    {
        if (!_secrets.Add(session))
        {
            return false;
        }
        if (!_all.Add(session))
        {
            _secrets.Remove(session);
            return false;
        }
        return true;
    }

    /// <summary>Removes a session that is in it.</summary>
    public void Remove(Session session)
    {
        _all.Remove(session);
        _secrets.Remove(session);
    }

    private static NotSupportedException NoMaking() => new("A session is not made of a key.");

    private sealed class BySocket : IEqualityComparer<Session>, IAlternateEqualityComparer<SocketId, Session>
    {
        public bool Equals(Session? x, Session? y) => x?.Socket == y?.Socket;

        public int GetHashCode([DisallowNull] Session obj) => obj.Socket.GetHashCode();

        public bool Equals(SocketId alternate, Session other) => other.Socket == alternate;

        public int GetHashCode(SocketId alternate) => alternate.GetHashCode();

        public Session Create(SocketId alternate) => throw NoMaking();
    }

    private sealed class BySecret : IEqualityComparer<Session>, IAlternateEqualityComparer<SecretHash, Session>
    {
        public bool Equals(Session? x, Session? y) => x?.Secret == y?.Secret;

        public int GetHashCode([DisallowNull] Session obj) => obj.Secret.GetHashCode();

        public bool Equals(SecretHash alternate, Session other) => other.Secret == alternate;

        public int GetHashCode(SecretHash alternate) => alternate.GetHashCode();

        public Session Create(SecretHash alternate) => throw NoMaking();
    }
}
