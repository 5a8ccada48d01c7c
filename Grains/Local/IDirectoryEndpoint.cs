namespace OrleansAdapter.Grains.Local;

/// <summary>The directory's way to one process. Called from any thread; returns at once, and what cannot be sent is lost.</summary>
internal interface IDirectoryEndpoint
{
    /// <summary>Sends a message of a namespace's home.</summary>
    void Send(string @namespace, HomeMessage message);

    /// <summary>Sends answers.</summary>
    void Send(ServerMessage message);

    /// <summary>Ends this way, if it can end.</summary>
    void Close(string reason);
}
