using System.Text.Json;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// The one table of what Engine.IO answers to a request that it refuses: the code, its text and the HTTP status, as the protocol's clients know them.
/// </summary>
internal sealed class EngineError
{
    public static readonly EngineError TransportUnknown = new(0, "Transport unknown");
    public static readonly EngineError SessionIdUnknown = new(1, "Session ID unknown");
    public static readonly EngineError BadHandshakeMethod = new(2, "Bad handshake method");
    public static readonly EngineError BadRequest = new(3, "Bad request");
    public static readonly EngineError UnsupportedProtocolVersion = new(5, "Unsupported protocol version");

    private EngineError(int code, string message)
    {
        Code = code;
        Message = message;
        Body = JsonSerializer.SerializeToUtf8Bytes(new { code, message }, JsonSerializerOptions.Web);
    }

    public int Code { get; }

    public string Message { get; }

    /// <summary>The body of the response: <c>{"code":n,"message":"…"}</c>.</summary>
    public byte[] Body { get; }

    public int Status => RetryAfter is not null ? 429 : Code == 4 ? 403 : 400;

    /// <summary>The seconds after which the client may try again.</summary>
    public int? RetryAfter { get; private init; }

    /// <summary>More connections than clients at its address may open.</summary>
    public static EngineError TooMany(RateLimitException refusal) => new(4, refusal.Message) { RetryAfter = refusal.RetryAfterSeconds };

    /// <summary>The application refused the handshake; its reason goes to the client.</summary>
    public static EngineError Forbidden(string reason) => new(4, reason.Length == 0 ? "Forbidden" : reason);
}
