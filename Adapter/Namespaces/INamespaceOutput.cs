namespace OrleansAdapter.Namespaces;

/// <summary>Where a namespace's messages and news go. Called from its turn; returns at once.</summary>
internal interface INamespaceOutput
{
    /// <summary>Sends a message to the home; it may be lost.</summary>
    void Send(WorkerMessage message);

    /// <summary>A request came that concerns these local sockets; to be answered later, by whoever handles it.</summary>
    void HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets);

    /// <summary>A packet was handed to so many local sockets.</summary>
    void Delivered(int sockets)
    {
    }

    /// <summary>The home has admitted or removed lives.</summary>
    void ListChanged(IReadOnlyList<ServerId> list);

    /// <summary>This server has another life in the namespace, since it was fenced: sockets that come from now on have ids of that one.</summary>
    void LifeChanged(ServerId life)
    {
    }

    /// <summary>This server was fenced: its clients have been closed, and it registers anew.</summary>
    void Fenced(ServerId ended, int sockets);

    /// <summary>Sessions have ended while their clients were away, and this server is the one to tell of them.</summary>
    void SessionsEnded(IReadOnlyList<EndedSession> sessions)
    {
    }

    /// <summary>An entry could not be read: it was left out, everything else goes on.</summary>
    void Unreadable(Entry entry, Exception exception);

    /// <summary>A socket's front threw in the turn, which is a bug there: that socket may have missed something, the others have not.</summary>
    void SocketFailed(SocketId socket, Exception exception);

    /// <summary>Some sockets were left out when many were made to join rooms: they are in as many as one may be.</summary>
    /// <param name="sockets">How many.</param>
    /// <param name="example">One of them.</param>
    void JoinsRefused(int sockets, SocketId example)
    {
    }
}
