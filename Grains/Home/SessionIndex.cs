namespace OrleansAdapter.Grains;

/// <summary>
/// Sessions by their sockets and by their secrets. Two hash tables with nothing in them but the sessions, which have the keys: a dictionary's entries would
/// take as much as half a session.
/// </summary>
internal sealed class SessionIndex
{
    private Session?[] _bySocket = new Session?[16];
    private Session?[] _bySecret = new Session?[16];

    public int Count { get; private set; }

    public IEnumerable<Session> All => _bySocket.OfType<Session>();

    public Session? Find(SocketId socket)
    {
        var mask = _bySocket.Length - 1;
        for (var i = HomeOf(socket, mask); _bySocket[i] is { } session; i = (i + 1) & mask)
        {
            if (session.Socket == socket)
            {
                return session;
            }
        }
        return null;
    }

    public Session? Find(SecretHash secret)
    {
        var mask = _bySecret.Length - 1;
        for (var i = HomeOf(secret, mask); _bySecret[i] is { } session; i = (i + 1) & mask)
        {
            if (session.Secret == secret)
            {
                return session;
            }
        }
        return null;
    }

    /// <summary>False, and nothing is added, where another session has the socket or the secret.</summary>
    public bool Add(Session session)
    {
        if (Find(session.Socket) is not null || Find(session.Secret) is not null)
        {
            return false;
        }
        Count++;
        if (Count * 4 > _bySocket.Length * 3)
        {
            Grow();
        }
        Put(_bySocket, session, HomeBySocket);
        Put(_bySecret, session, HomeBySecret);
        return true;
    }

    /// <summary>Gives a session that is in it another secret; nothing happens where one has that already.</summary>
    public void ChangeSecret(Session session, SecretHash secret)
    {
        if (Find(secret) is not null)
        {
            return;
        }
        Take(_bySecret, session, HomeBySecret);
        session.Secret = secret;
        Put(_bySecret, session, HomeBySecret);
    }

    /// <summary>Removes a session that is in it.</summary>
    public void Remove(Session session)
    {
        Count--;
        Take(_bySocket, session, HomeBySocket);
        Take(_bySecret, session, HomeBySecret);
    }

    private static int HomeOf(SocketId socket, int mask) => socket.GetHashCode() & mask;

    private static int HomeOf(SecretHash secret, int mask) => secret.GetHashCode() & mask;

    private static int HomeBySocket(Session session, int mask) => HomeOf(session.Socket, mask);

    private static int HomeBySecret(Session session, int mask) => HomeOf(session.Secret, mask);

    private static void Put(Session?[] table, Session session, Func<Session, int, int> home)
    {
        var mask = table.Length - 1;
        var i = home(session, mask);
        while (table[i] is not null)
        {
            i = (i + 1) & mask;
        }
        table[i] = session;
    }

    /// <summary>What comes behind moves up, so that no search ends too early.</summary>
    private static void Take(Session?[] table, Session session, Func<Session, int, int> home)
    {
        var mask = table.Length - 1;
        var hole = home(session, mask);
        while (!ReferenceEquals(table[hole], session))
        {
            hole = table[hole] is null ? throw new InvalidOperationException("The session is not in the index.") : (hole + 1) & mask;
        }
        for (var i = (hole + 1) & mask; table[i] is { } next; i = (i + 1) & mask)
        {
            // It may move where the hole is not before its home.
            if (((i - home(next, mask)) & mask) >= ((i - hole) & mask))
            {
                table[hole] = next;
                hole = i;
            }
        }
        table[hole] = null;
    }

    private void Grow()
    {
        var (sockets, secrets) = (new Session?[_bySocket.Length * 2], new Session?[_bySecret.Length * 2]);
        foreach (var session in All)
        {
            Put(sockets, session, HomeBySocket);
            Put(secrets, session, HomeBySecret);
        }
        (_bySocket, _bySecret) = (sockets, secrets);
    }
}
