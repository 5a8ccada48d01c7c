namespace OrleansAdapter.Namespaces;

/// <summary>Told of this server's rooms and who is in them. Called in the turn; returns at once and does not throw.</summary>
internal interface IRoomObserver
{
    /// <summary>A socket is in a room now; the room is new if it is the first.</summary>
    void Joined(Room room, LocalSocket socket, bool isFirst);

    /// <summary>A socket is not in a room any more; the room is gone if it was the last.</summary>
    void Left(Room room, LocalSocket socket, bool isLast);
}
