using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.SocketIO;

/// <summary>The transports that clients may use.</summary>
[Flags]
public enum EngineTransports
{
    /// <summary>None; not valid as an option.</summary>
    None = 0,

    /// <summary>HTTP long-polling.</summary>
    Polling = 1,

    /// <summary>WebSocket.</summary>
    WebSocket = 2,
}

/// <summary>How connections are carried. Names and defaults are those of the reference implementation of Engine.IO.</summary>
public class EngineIOOptions
{
    /// <summary>How often the server pings each client. Default 25 s.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a client may take to answer a ping before it is closed. Default 20 s.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client may take to complete an upgrade before the new transport is closed; the old one goes on. Default 10 s.</summary>
    public TimeSpan UpgradeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest message, or body of a POST, that a client may send, in bytes. Default 1,000,000.</summary>
    public int MaxHttpBufferSize { get; set; } = 1_000_000;

    /// <summary>
    /// How many bytes all clients together may hold in requests, messages and packets that are not finished; whoever needs more is refused (status 503;
    /// close code 1013), and nobody else notices. Default 256 MB, or a quarter of the memory that the process may use if that is less.
    /// </summary>
    public long MaxUnfinishedBytes { get; set; } = Math.Min(256L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>
    /// How long the body of a POST may take, or a packet until all of its attachments are there; that client is closed. Packets are looked at with every
    /// ping. Default 5 minutes, what Node.js allows a request.
    /// </summary>
    public TimeSpan UnfinishedTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The transports that clients may use. Default: both.</summary>
    public EngineTransports Transports { get; set; } = EngineTransports.Polling | EngineTransports.WebSocket;

    /// <summary>Whether a client may go from long-polling to WebSocket. Default: yes.</summary>
    public bool AllowUpgrades { get; set; } = true;

    /// <summary>
    /// Decides on each handshake: null lets it pass, any text refuses it with status 403 and goes to the client as the reason. Default: all pass.
    /// </summary>
    public Func<HttpContext, ValueTask<string?>>? AllowRequest { get; set; }

    /// <summary>The cookie that carries the session's id, for load balancers; its name is <c>io</c> where it has none. Default: no cookie.</summary>
    public CookieBuilder? Cookie { get; set; }

    /// <summary>
    /// Which other origins may connect. Default: no policy; the endpoint's own CORS metadata apply as usual. Browsers hold no WebSocket to CORS, so it is
    /// held to it here, as a page of any site would open one with the user's cookies: let in are requests without <c>Origin</c>, pages of the request's own
    /// host, and of origins that this or the endpoint's policy allows. Behind a proxy that changes <c>Host</c>, forward it (<c>UseForwardedHeaders</c>), or
    /// name the site's own origin here.
    /// </summary>
    public Action<CorsPolicyBuilder>? Cors { get; set; }

    /// <summary>Compress WebSocket messages from this size on, in bytes. Default: null, which is off, as it costs memory and time per connection.</summary>
    public int? PerMessageDeflate { get; set; }

    /// <summary>Compress responses of long-polling from this size on, in bytes; null turns it off. Default 1,024.</summary>
    public int? HttpCompression { get; set; } = 1024;

    /// <summary>Whether requests have a slash behind the path (<c>/socket.io/</c>); without, both forms are served. Default: yes.</summary>
    public bool AddTrailingSlash { get; set; } = true;

    /// <summary>What is wrong with the options: one line for each, with the option's name first.</summary>
    internal virtual IEnumerable<string> Errors()
    {
        if (PingInterval <= TimeSpan.Zero)
        {
            yield return $"{nameof(PingInterval)} must be positive.";
        }
        if (PingTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(PingTimeout)} must be positive.";
        }
        if (UpgradeTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(UpgradeTimeout)} must be positive.";
        }
        if (MaxHttpBufferSize is < 1 or > 256 << 20)
        {
            yield return $"{nameof(MaxHttpBufferSize)} must be between 1 byte and 256 MB.";
        }
        if (MaxUnfinishedBytes < MaxHttpBufferSize)
        {
            yield return $"{nameof(MaxUnfinishedBytes)} ({MaxUnfinishedBytes}) must be at least {nameof(MaxHttpBufferSize)} ({MaxHttpBufferSize}): else no "
                + "large message can come at all.";
        }
        if (UnfinishedTimeout <= TimeSpan.Zero || UnfinishedTimeout > OrleansAdapterOptions.LongestTimeout)
        {
            yield return $"{nameof(UnfinishedTimeout)} must be positive, and at most 24 days.";
        }
        if ((Transports & (EngineTransports.Polling | EngineTransports.WebSocket)) == 0)
        {
            yield return $"{nameof(Transports)} must name a transport.";
        }
        if (PerMessageDeflate < 0)
        {
            yield return $"{nameof(PerMessageDeflate)} must not be negative.";
        }
        if (HttpCompression < 0)
        {
            yield return $"{nameof(HttpCompression)} must not be negative.";
        }
    }
}
