using System.Text.Json;
using Microsoft.Extensions.Options;

namespace OrleansAdapter;

/// <summary>How this server takes part in the cluster. Validated when the host starts.</summary>
public sealed class OrleansAdapterOptions
{
    /// <summary>A name for people, in status and logs. Default: machine name and process id.</summary>
    public string ServerName { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>
    /// The process part of this server's id, 8 characters, where a supervisor chose it so that it can report this process's death. Default: drawn
    /// at random.
    /// </summary>
    public string? ServerId { get; set; }

    /// <summary>How long requests to other servers, and publishes, wait for an answer. Default 5 s (Socket.IO's <c>requestsTimeout</c>).</summary>
    public TimeSpan RequestsTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often this server describes itself to the directory. Default 5 s.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long this server may be silent: after that the others no longer list it nor wait for it, and it has to close its clients when it comes back. A
    /// server that a supervisor saw die is gone at once. Default 10 s; at most an hour.
    /// </summary>
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often this server renews its lease, which lasts <see cref="HeartbeatTimeout"/>: a third of that, or less. Default 3 s.</summary>
    public TimeSpan LeaseRenewal { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How many bytes may wait for one client, beyond what its transport holds, without any question. Beyond it volatile packets are dropped, and a client
    /// that takes nothing for <see cref="SlowClientTime"/>, or stays above it for six times as long, is closed as slow. Default 4 MB; at least 64 KB.
    /// </summary>
    public int ClientQueueLimit { get; set; } = 4 << 20;

    /// <summary>How many bytes may wait for one client while it reads; beyond it, it is closed as slow at once. Default 64 MB.</summary>
    public long ClientQueueHardLimit { get; set; } = 64 << 20;

    /// <summary>
    /// How long a client may take nothing, while more than <see cref="ClientQueueLimit"/> waits for it, before it is closed as slow. Default 10 s.
    /// </summary>
    public TimeSpan SlowClientTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many bytes of operations may wait for the directory, per namespace; beyond it they are refused at once. Default 64 MB.</summary>
    public long PublishQueueLimit { get; set; } = 64 << 20;

    /// <summary>The largest packet, in bytes, as servers exchange it. Default 16 MB.</summary>
    public int MaximumPacketSize { get; set; } = 16 << 20;

    /// <summary>
    /// The largest answer that a server gives to a request, in bytes. Default 10 MB. Sockets and names of rooms come in pages below it; of acknowledgements
    /// the largest ones are left out, with an error in their place; anything else that is larger fails its request, naming the server.
    /// </summary>
    public int MaximumAnswerSize { get; set; } = 10 << 20;

    /// <summary>
    /// How many rooms (SignalR: groups) one socket may be in. To who joins another one that is an error; where other servers or other code make many
    /// sockets join, those that have too many are left out, which is logged and counted. Default 10,000.
    /// </summary>
    public int MaxRoomsPerSocket { get; set; } = 10_000;

    /// <summary>
    /// How many bytes of JSON the data of one socket may have, and its handshake, to be shown to those who fetch it; what has more is left out, and marked so
    /// (<see cref="RemoteSocket.Omitted"/>). Default 256 KB.
    /// </summary>
    public int MaxDataBytes { get; set; } = 256 << 10;

    /// <summary>How many requests of this server may be under way at a time; beyond it they are refused at once. Default 10,000.</summary>
    public int MaximumPendingRequests { get; set; } = 10_000;

    /// <summary>
    /// How long a server that stops takes at most to move its clients elsewhere. Default 30 s; zero: they are closed at once. The host's
    /// <c>ShutdownTimeout</c> begins behind it, or is made longer by it.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many clients per second a server that stops asks to move, so that the others are not overrun. Default 500; more where that would take longer
    /// than <see cref="DrainTimeout"/>. Clients that owe or are owed an answer are asked when they have it, or when <see cref="RequestsTimeout"/> is over.
    /// </summary>
    public int DrainRate { get; set; } = 500;

    /// <summary>
    /// Whether SignalR clients may negotiate version 0, in which the public connection id is the connection's only key: whoever sees the id can speak for
    /// its client, or end it. Clients of version 0 are those of before ASP.NET Core 3.0, and others that send no <c>negotiateVersion</c>; they get an error
    /// that says so. Clients that skip negotiation are not concerned. Default: no.
    /// </summary>
    public bool AllowNegotiateVersion0 { get; set; }

    /// <summary>
    /// What clients of hubs whose connection broke may come back to, with a resume token (docs/RECOVERY.md). Null, the default: nothing.
    /// </summary>
    public HubRecoveryOptions? HubRecovery { get; set; }

    /// <summary>How servers pass requests on to each other, so that clients need no affinity.</summary>
    public ForwardingOptions Forwarding { get; } = new();

    /// <summary>Whether and for how long it warms up before it takes connections.</summary>
    public WarmUpOptions WarmUp { get; } = new();

    /// <summary>How arguments become JSON. Default: as ASP.NET Core does (camel case); an <see cref="System.Net.IPAddress"/> is its text.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web) { Converters = { new IPAddressConverter() } };

    /// <summary>The namespaces to join at start; the server counts as ready when it is registered in all of them.</summary>
    public ISet<string> Namespaces { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The longest that anything may be made to wait for: what a timer takes.</summary>
    internal static TimeSpan LongestTimeout { get; } = TimeSpan.FromDays(24);

    /// <summary>Whether this is a server of a warm-up, which nobody is to see: it is not listed, and traces nothing.</summary>
    internal bool IsWarmUp { get; set; }

    /// <summary>The namespaces that hubs were given.</summary>
    internal Dictionary<Type, string> Hubs { get; } = [];
}

/// <summary>The one place that says which options are valid.</summary>
internal sealed class OrleansAdapterOptionsValidator : IValidateOptions<OrleansAdapterOptions>
{
    public ValidateOptionsResult Validate(string? name, OrleansAdapterOptions options)
    {
        List<string> wrong = [];
        void Check(bool valid, string what)
        {
            if (!valid)
            {
                wrong.Add($"{nameof(OrleansAdapterOptions)}.{what}");
            }
        }
        Check(
            options.RequestsTimeout > TimeSpan.Zero && options.RequestsTimeout <= OrleansAdapterOptions.LongestTimeout,
            "RequestsTimeout must be positive, and at most 24 days.");
        Check(options.HeartbeatInterval > TimeSpan.Zero, "HeartbeatInterval must be positive.");
        Check(options.LeaseRenewal > TimeSpan.Zero, "LeaseRenewal must be positive.");
        Check(options.HeartbeatTimeout <= TimeSpan.FromHours(1), "HeartbeatTimeout must be at most an hour.");
        Check(
            options.HeartbeatTimeout > options.HeartbeatInterval,
            $"HeartbeatTimeout ({options.HeartbeatTimeout}) must be longer than HeartbeatInterval ({options.HeartbeatInterval}): else the server is taken for "
            + "dead between two heartbeats.");
        Check(
            options.HeartbeatTimeout >= 2 * options.LeaseRenewal,
            $"HeartbeatTimeout ({options.HeartbeatTimeout}) must be at least twice LeaseRenewal ({options.LeaseRenewal}): else one late renewal closes all "
            + "clients.");
        Check(options.ClientQueueLimit >= 64 << 10, "ClientQueueLimit must be at least 65536 bytes.");
        Check(
            options.ClientQueueHardLimit >= options.ClientQueueLimit,
            $"ClientQueueHardLimit ({options.ClientQueueHardLimit}) must be at least ClientQueueLimit ({options.ClientQueueLimit}).");
        Check(
            options.SlowClientTime > TimeSpan.Zero && options.SlowClientTime <= TimeSpan.FromHours(1), "SlowClientTime must be positive, and at most an hour.");
        Check(options.PublishQueueLimit > 0, "PublishQueueLimit must be positive.");
        Check(options.MaximumPacketSize is > 0 and <= 32 << 20, "MaximumPacketSize must be between 1 byte and 32 MB.");
        Check(options.MaximumAnswerSize is > 0 and <= 64 << 20, "MaximumAnswerSize must be between 1 byte and 64 MB.");
        Check(options.DrainTimeout >= TimeSpan.Zero && options.DrainTimeout <= TimeSpan.FromDays(1), "DrainTimeout must be between 0 and a day.");
        Check(options.DrainRate > 0, "DrainRate must be positive.");
        Check(options.MaxDataBytes is > 0 and <= 16 << 20, "MaxDataBytes must be between 1 byte and 16 MB.");
        Check(options.MaxRoomsPerSocket > 0, "MaxRoomsPerSocket must be positive.");
        Check(options.MaximumPendingRequests > 0, "MaximumPendingRequests must be positive.");
        Check(
            options.ServerId is null || OrleansAdapter.ServerId.TryParse(options.ServerId, out _),
            "ServerId must be 8 characters of [A-Za-z0-9_-] that name a server.");
        Check(
            options.WarmUp.Limit > TimeSpan.Zero && options.WarmUp.Limit <= TimeSpan.FromMinutes(1), "WarmUp.Limit must be positive, and at most a minute.");
        foreach (var error in options.HubRecovery?.Errors() ?? [])
        {
            Check(false, $"{nameof(OrleansAdapterOptions.HubRecovery)}.{error}");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
