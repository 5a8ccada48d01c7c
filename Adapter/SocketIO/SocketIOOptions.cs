using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.SocketIO;

/// <summary>How Socket.IO is served. Names and defaults are the reference's, where it has them. Validated when the host starts.</summary>
public sealed class SocketIOOptions : EngineIOOptions
{
    /// <summary>How long a connection may be without a namespace before it is closed. Default 45 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How many binary attachments a packet from a client may have. Default 10.</summary>
    public int MaxAttachments { get; set; } = 10;

    /// <summary>
    /// How packets are written and read: clients have to be made with the same parser. Default: <see cref="SocketIOParser.Json"/>. For another one under a
    /// path of its own there is a <c>MapSocketIO</c> that takes it.
    /// </summary>
    public SocketIOParser Parser { get; set; } = SocketIOParser.Json;

    /// <summary>
    /// How many events of one socket may wait for their handlers, or for what these await: an event counts until its handlers are over. A client that has
    /// sent so many, or about twice <see cref="EngineIOOptions.MaxHttpBufferSize"/> in them, is read no further until some are. Default 128. While an
    /// acknowledgement of the socket is waited for, it is read nevertheless, and closed where there is about twice as much.
    /// </summary>
    public int MaxWaitingEvents { get; set; } = 128;

    /// <summary>How the handlers of one socket run beside each other. Default: as in Node.js. (Those of different sockets always run in parallel.)</summary>
    public HandlerScheduling HandlerScheduling { get; set; }

    /// <summary>How many acknowledgements one socket may owe; more are refused at the caller. Default 10,000.</summary>
    public int MaxPendingAcks { get; set; } = 10_000;

    /// <summary>
    /// How many namespaces clients may bring into being through patterns and predicates, at a time. Default 1,000. Each is made before middlewares run:
    /// where not every client may use them up, the predicate checks the client's auth payload.
    /// </summary>
    public int MaxDynamicNamespaces { get; set; } = 1000;

    /// <summary>
    /// How many of <see cref="MaxDynamicNamespaces"/> one connection may bring into being, at a time; it gets a <c>connect_error</c> for more. Default: a
    /// tenth of them.
    /// </summary>
    public int? MaxDynamicNamespacesPerConnection { get; set; }

    /// <summary>How many bytes of JSON a client may send as its <c>auth</c>; it gets a <c>connect_error</c> for more. Default 64 KB.</summary>
    public int MaxAuthBytes { get; set; } = 64 << 10;

    /// <summary>How many namespaces one connection may be in; it gets a <c>connect_error</c> for more. Default 1,000.</summary>
    public int MaxNamespacesPerConnection { get; set; } = 1000;

    /// <summary>
    /// Whether a namespace that a pattern or predicate made is removed once nobody has been in it on this server for some 10 s; the next client that asks
    /// for it has it made again. What is kept of a removed one publishes nothing any more: ask <see cref="SocketIOServer.Of(string)"/> again. Default: yes,
    /// as one client could use the names up for all.
    /// </summary>
    public bool CleanupEmptyChildNamespaces { get; set; } = true;

    /// <summary>
    /// Lets clients whose connection broke come back to their session, on whatever server: with their id, rooms and data, and with exactly what they
    /// missed, once and in order; or they begin anew, and see that. Default: null, off. What it promises and costs is in docs/RECOVERY.md.
    /// </summary>
    public ConnectionStateRecoveryOptions? ConnectionStateRecovery { get; set; }

    /// <summary>The headers that <see cref="Handshake.Headers"/> has. Default: none, so that nothing else of the request is kept.</summary>
    public ISet<string> HandshakeHeaders { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes what the application needs from the handshake's request into <see cref="Handshake.Items"/>; the request itself is not kept.</summary>
    public Action<HttpContext, IDictionary<string, object?>>? CaptureHandshake { get; set; }

    /// <summary>
    /// Whether <see cref="SocketIOSocket.HttpContext"/> is there as long as its connection. Default: no, only until the client is in a namespace, which
    /// saves some kilobytes per connection.
    /// </summary>
    public bool KeepHttpContext { get; set; }

    /// <summary>
    /// Whether the browser's clients are served under the path, as <c>socket.io.js</c> and so on, where <see cref="ClientFiles"/> has them. Default: yes.
    /// </summary>
    public bool ServeClient { get; set; } = true;

    /// <summary>
    /// The folder with the browser's clients (<c>dist</c> of the npm package <c>socket.io-client</c>). Default: <c>clients/socket.io</c> beside the
    /// program, if there is one.
    /// </summary>
    public string? ClientFiles { get; set; }

    internal int DynamicNamespacesPerConnection => MaxDynamicNamespacesPerConnection ?? Math.Max(1, MaxDynamicNamespaces / 10);

    internal override IEnumerable<string> Errors()
    {
        foreach (var error in base.Errors())
        {
            yield return error;
        }
        if (ConnectTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(ConnectTimeout)} must be positive.";
        }
        if (MaxAttachments is < 0 or > 255)
        {
            yield return $"{nameof(MaxAttachments)} must be between 0 and 255.";
        }
        if (Parser is null)
        {
            yield return $"{nameof(Parser)} must not be null: {nameof(SocketIOParser)}.{nameof(SocketIOParser.Json)} is the default.";
        }
        if (MaxWaitingEvents < 1)
        {
            yield return $"{nameof(MaxWaitingEvents)} must be positive.";
        }
        if (!Enum.IsDefined(HandlerScheduling))
        {
            yield return $"{nameof(HandlerScheduling)} must be {string.Join(", ", Enum.GetNames<HandlerScheduling>())}.";
        }
        if (MaxPendingAcks < 1)
        {
            yield return $"{nameof(MaxPendingAcks)} must be positive.";
        }
        if (MaxDynamicNamespaces < 0)
        {
            yield return $"{nameof(MaxDynamicNamespaces)} must not be negative.";
        }
        if (MaxDynamicNamespacesPerConnection < 1)
        {
            yield return $"{nameof(MaxDynamicNamespacesPerConnection)} must be positive.";
        }
        if (MaxAuthBytes < 2)
        {
            yield return $"{nameof(MaxAuthBytes)} must be at least 2, the size of an empty object.";
        }
        if (MaxNamespacesPerConnection < 1)
        {
            yield return $"{nameof(MaxNamespacesPerConnection)} must be positive.";
        }
        foreach (var error in ConnectionStateRecovery?.Errors() ?? [])
        {
            yield return $"{nameof(ConnectionStateRecovery)}.{error}";
        }
        if (ClientFiles is not null && !Directory.Exists(ClientFiles))
        {
            yield return $"{nameof(ClientFiles)} is \"{ClientFiles}\", which is no folder.";
        }
    }
}

/// <summary>The one place that says which options are valid.</summary>
internal sealed class SocketIOOptionsValidator : IValidateOptions<SocketIOOptions>
{
    public ValidateOptionsResult Validate(string? name, SocketIOOptions options)
    {
        var wrong = options.Errors().Select(error => $"{nameof(SocketIOOptions)}.{error}").ToArray();
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
