namespace OrleansAdapter.Replication;

/// <summary>What a <see cref="Replica"/> needs of the namespace it belongs to. All calls come from the namespace's turn.</summary>
internal interface IReplicaHost
{
    /// <summary>Sends a message to the home; it may be lost.</summary>
    void Send(WorkerMessage message);

    /// <summary>Does what an entry says to the local sockets. Called once for each entry, in order.</summary>
    void Handle(Entry entry);

    /// <summary>Whether a room has local members.</summary>
    bool HasMembers(Room room);

    /// <summary>The rooms with local members.</summary>
    IReadOnlyList<Room> LocalRooms();

    /// <summary>The local sockets whose ids name another life.</summary>
    IReadOnlyList<MovedSocket> MovedSockets();

    /// <summary>This server's life in the home has ended: close all clients and forget their rooms, without telling of it.</summary>
    void Fenced(ServerId ended);

    /// <summary>These sockets, where they are still here, are held by other servers by later claims.</summary>
    void Taken(IReadOnlyList<MovedSocket> sockets);

    /// <summary>The home asks for what was for a socket before it began.</summary>
    void Recalled(Recall recall);

    /// <summary>A home has admitted this life: what only the home before knew has to be said again.</summary>
    void Registered();

    /// <summary>Sessions have ended while their clients were away, and this server is the one to tell of them.</summary>
    void SessionsEnded(IReadOnlyList<EndedSession> sessions);

    /// <summary>The home has admitted or removed lives.</summary>
    void ListChanged(IReadOnlyList<ServerId> list);
}
