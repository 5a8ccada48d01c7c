namespace OrleansAdapter;

/// <summary>
/// How servers pass requests on to each other, so that any server can be given any client's request: <see cref="OrleansAdapterOptions.Forwarding"/>. It is on
/// where
/// <see cref="SocketDirectory"/> or <see cref="Listen"/> is set. The primary sets the former, for its own workers.
/// </summary>
public sealed class ForwardingOptions
{
    /// <summary>
    /// A folder in which this server makes a socket file, for servers on the same machine. Whoever can enter it can reach the servers, so it is to be their
    /// user's alone. Not used where <see cref="Listen"/> is set.
    /// </summary>
    public string? SocketDirectory { get; set; }

    /// <summary>
    /// Where this server listens for others, for servers on several machines: an IP address and a port, <c>10.0.0.5:5100</c>; port 0 takes any that is free.
    /// What goes there is not encrypted: it has to be a network that only servers use.
    /// </summary>
    public string? Listen { get; set; }

    /// <summary>
    /// Where others reach what <see cref="Listen"/> names, if that is not the same: a host or IP address, with a port or without. Needed where it listens on
    /// any address.
    /// </summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>What lets a server in, the same for all: 16 to 512 visible characters of ASCII.</summary>
    public string? Secret { get; set; }

    /// <summary>How long a connection to another server may take before that server counts as gone. Default 2 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether requests are passed on.</summary>
    internal bool IsEnabled => SocketDirectory is not null || Listen is not null;
}
