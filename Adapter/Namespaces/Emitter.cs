using OrleansAdapter.Namespaces;

namespace OrleansAdapter;

/// <summary>
/// Sends events to clients from a program that has no clients itself: a job, a service, a console (Socket.IO's <i>emitter</i>). It is a server of the
/// cluster without sockets, wherever the directory is, so what it sends is in the same order, with the same promises, and it can ask who is there
/// and steer sockets as servers do. Get one with <c>AddEmitter</c>. Safe under threads.
/// </summary>
/// <example>
/// <code>
/// builder.Services.AddDirectory(builder.Configuration.GetSection("OrleansAdapter:Directory"));
/// builder.Services.AddEmitter();
/// …
/// await emitter.Of("/chat").To("lobby").Emit("said", "hello");
/// </code>
/// </example>
public sealed class Emitter
{
    private readonly ThisServer _server;

    internal Emitter(ThisServer server) => _server = server;

    /// <summary>A namespace, to narrow down and to send to. Nothing of it is kept here but the place in its order.</summary>
    public NamespaceRoot Of(string @namespace = "/") => _server.Of(@namespace);

    /// <summary>The servers of the cluster; this program is one of them, without sockets.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now.</exception>
    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken = default) => _server.ServersAsync(cancellationToken);

    /// <summary>How many servers the cluster has, with this program.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now.</exception>
    public async Task<int> ServerCountAsync(CancellationToken cancellationToken = default) =>
        (await ServersAsync(cancellationToken).ConfigureAwait(false)).Count;
}
