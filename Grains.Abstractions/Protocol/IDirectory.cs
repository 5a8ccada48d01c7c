namespace OrleansAdapter.Protocol;

/// <summary>
/// The directory as a server sees it: the homes of all namespaces, which put broadcasts in order and know which server has members of which room, and the
/// list of servers. Adapter knows no more of it; Grains implements it, through Orleans or in one process.
/// </summary>
/// <remarks>
/// <para>
/// It promises little, so that anything can carry it: <b>a message arrives unchanged, or not at all</b>. It may arrive twice, late, or behind one sent after
/// it, also after the life it concerns has ended. What is built on top (PROTOCOL.md) is right under all of that: numbers, epochs, sessions and the one batch
/// in flight make it so, and repair makes it complete. A good carrier loses and reorders nothing while nothing breaks; that is what makes it fast, not what
/// makes it right.
/// </para>
/// <para>
/// How grains serve each member: <see cref="Send(string, WorkerMessage)"/> is one call of the namespace's <see cref="Grains.IHomeGrain"/>, whose result holds
/// the messages for the caller; messages for other servers go out on their mailbox streams, and a call that fails or times out is a lost message.
/// <see cref="Send(ServerMessage)"/> is a call of the <see cref="Grains.IServerMessagesGrain"/> of the message's process. <see cref="ServersAsync"/> and
/// <see cref="ReportDeathAsync"/> are calls of the <see cref="Grains.IServerListGrain"/>, the latter passed on to every home. Nothing here needs both sides
/// to be in one process, to share a clock, or to agree on who is alive.
/// </para>
/// </remarks>
internal interface IDirectory : IAsyncDisposable
{
    /// <summary>
    /// Connects this server; from here on the receiver may be called. Returns when the directory has been reached once.
    /// </summary>
    /// <param name="process">The process part of the server's id.</param>
    /// <param name="receiver">Called for everything that comes; its methods return at once and do not throw.</param>
    /// <param name="cancellationToken">Ends the wait, not the connection.</param>
    /// <exception cref="DirectoryRefusedException">The directory refuses this server for good (secret, version); retrying cannot help.</exception>
    Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken);

    /// <summary>The same directory for another server in this process; not started.</summary>
    IDirectory Another();

    /// <summary>
    /// Sends a message to the home of a namespace; the home's own messages come back through the receiver. Never blocks. If the home cannot be
    /// reached now, the message is dropped: the sender sends again after a while, and at once after <see cref="IDirectoryReceiver.Connected"/>.
    /// </summary>
    void Send(string @namespace, WorkerMessage message);

    /// <summary>Drops what is kept to reach the home of a namespace that this server has left, for now at least.</summary>
    void Forget(string @namespace)
    {
    }

    /// <summary>Describes this server, answers another one's request or acknowledges answers. Never blocks; may be lost like any message.</summary>
    void Send(ServerMessage message);

    /// <summary>Returns the servers that have described themselves and whose leases run. One that died may stay among them for a lease at most.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now.</exception>
    Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Tells that a process is dead, for a supervisor that saw it end: all of its lives leave all rooms at once, and what is late from it is refused.
    /// Idempotent. Returns when every home that exists has taken note; repeat it until it returns.
    /// <para>
    /// With its own process a server resigns: it stops, has closed its clients, and sends nothing more. Do that when what it published is stable: a home
    /// that dies later asks those who are there what they remember, and the server is not.
    /// </para>
    /// </summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now.</exception>
    Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken);
}

/// <summary>What an <see cref="IDirectory"/> calls on the server that it serves. Calls may come from any thread, and return at once.</summary>
internal interface IDirectoryReceiver
{
    /// <summary>Takes a message from the home of a namespace.</summary>
    void Receive(string @namespace, HomeMessage message);

    /// <summary>Takes answers to requests of this server.</summary>
    void Receive(ServerMessage message);

    /// <summary>Says that the directory can be reached, for the first time or again. What was sent before may be lost, so send it again now.</summary>
    void Connected();
}

/// <summary>
/// Marks a hosted service that uses the directory as it starts: what carries the directory is started before it, whatever the order of registration.
/// </summary>
internal interface IStartsWithDirectory;
