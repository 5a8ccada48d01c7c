using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansAdapter.Security;

namespace OrleansAdapter.Grains;

/// <summary>
/// Where the directory's Orleans cluster is, for a process that is to be a silo or a client of it. A host that brings its own clustering does not need
/// this: it calls <c>AddOrleansDirectory</c> on its silo or client builder.
/// </summary>
internal sealed class DirectoryClusterOptions
{
    /// <summary>The Orleans cluster id. A process with another one is not let in; but only <see cref="SecretFile"/> protects anything.</summary>
    public string ClusterId { get; set; } = "orleansadapter";

    /// <summary>The Orleans service id.</summary>
    public string ServiceId { get; set; } = "orleansadapter";

    /// <summary>Clients: the gateways of the cluster's silos, as <c>address:port</c>.</summary>
    public IList<string> Gateways { get; } = [];

    /// <summary>
    /// Clients: the private directory of a primary's run on this machine, in the place of <see cref="Gateways"/>, <see cref="ClusterId"/>,
    /// <see cref="ServiceId"/> and <see cref="SecretFile"/>, which are read from there.
    /// </summary>
    public string? RunDirectory { get; set; }

    /// <summary>A file with the secret that silos and clients of the cluster prove to each other that they have; the same for all of them.</summary>
    public string? SecretFile { get; set; }

    /// <summary>The files for TLS between silos and clients; without any, connections are not encrypted.</summary>
    public TlsFiles Tls { get; set; } = new();

    /// <summary>
    /// A file that lists the cluster's silos, where they are all on one machine. With it this process is a silo (colocated); without it, a client of
    /// <see cref="Gateways"/>. The file's directory must exist; whoever can write there can join.
    /// </summary>
    public string? MembershipFile { get; set; }

    /// <summary>
    /// Where the silos of several machines find each other: <c>postgres</c> (with the package OrleansAdapter.PostgreSQL) or <c>redis</c>
    /// (OrleansAdapter.Redis). With it this process is a client of them all. Null for a cluster on one machine.
    /// </summary>
    public string? Clustering { get; set; }

    /// <summary>How <see cref="Clustering"/> is reached: Npgsql's or StackExchange.Redis' connection string.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>A file that holds <see cref="ConnectionString"/>, so that no command line and no environment shows the password.</summary>
    public string? ConnectionFile { get; set; }

    /// <summary>
    /// Silos: the IP address that the silos and workers of all machines reach this one at, where it also listens. Default: this machine only.
    /// </summary>
    public string Address { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>Silos: the port for other silos; 0 takes a free one.</summary>
    public int SiloPort { get; set; }

    /// <summary>Silos: the port for clients; 0 takes no clients.</summary>
    public int GatewayPort { get; set; }

    /// <summary>
    /// Silos: the id of the server in this process, so that the server's grain is placed here, and the silo is declared dead when the server is.
    /// </summary>
    public string? ServerId { get; set; }

    /// <summary>Whether this process is a server and a silo at once.</summary>
    internal bool IsColocated => MembershipFile is { Length: > 0 };

    /// <summary>Whether it says where a cluster is.</summary>
    internal bool NamesCluster => IsColocated || IsClustered || Gateways.Count > 0;

    /// <summary>Whether the cluster's silos are on several machines.</summary>
    internal bool IsClustered => Clustering is { Length: > 0 };

    /// <summary>Silos of the directory: what the silo is called; null for the usual name.</summary>
    internal string? SiloName { get; set; }

    internal IPEndPoint[] GatewayEndPoints => [.. Gateways.Select(gateway => Parse(gateway, nameof(Gateways)))];

    internal IPAddress IPAddress => IPAddress.TryParse(Address, out var address)
        ? address
        : throw Wrong($"{nameof(Address)} is \"{Address}\", which is no IP address.");

    /// <exception cref="OptionsValidationException">A value cannot be read.</exception>
    internal static DirectoryClusterOptions From(IConfigurationSection section)
    {
        var options = new DirectoryClusterOptions();
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException exception)
        {
            throw Wrong(exception.Message);
        }
        if (options.RunDirectory is { Length: > 0 })
        {
            options.ReadRun();
        }
        if (options.SecretFile is { Length: > 0 } file && ClusterSecret.Error(file) is { } error)
        {
            throw Wrong($"{nameof(SecretFile)}: {error}");
        }
        if (options.Tls.Errors().FirstOrDefault() is { } tls)
        {
            throw Wrong($"{nameof(Tls)}.{tls}");
        }
        return options;
    }

    /// <summary>How a client gets into the same cluster by one gateway alone.</summary>
    internal DirectoryClusterOptions OfGateway(string gateway) =>
        new() { ClusterId = ClusterId, ServiceId = ServiceId, SecretFile = SecretFile, Tls = Tls, Gateways = { gateway } };

    /// <summary>Reads how the silos of several machines are found; null where they are on one.</summary>
    /// <exception cref="OptionsValidationException">Something is missing, cannot be read, or contradicts.</exception>
    internal (Clustering Kind, string Connection)? ReadClustering()
    {
        if (!IsClustered)
        {
            return ConnectionString is { Length: > 0 } || ConnectionFile is { Length: > 0 }
                ? throw Wrong(
                    $"{nameof(Clustering)} is not set, though {nameof(ConnectionString)} or {nameof(ConnectionFile)} is: say which database it is for.")
                : null;
        }
        if (IsColocated)
        {
            throw Wrong($"{nameof(Clustering)} and {nameof(MembershipFile)} are both set; the silos are listed in one place or the other.");
        }
        if (Gateways.Count > 0)
        {
            throw Wrong($"{nameof(Clustering)} and {nameof(Gateways)} are both set; with {nameof(Clustering)} the gateways are found.");
        }
        if (SecretFile is not { Length: > 0 } && !Tls.IsEnabled)
        {
            throw Wrong(
                $"{nameof(Clustering)} is \"{Clustering}\", and neither {nameof(SecretFile)} nor {nameof(Tls)} is set: whoever reaches the ports of this "
                + "cluster could join it. All of its processes need the same secret (`openssl rand -base64 48`), or certificates.");
        }
        Clustering kind;
        try
        {
            kind = Grains.Clustering.Named(Clustering!);
        }
        catch (NotSupportedException exception)
        {
            throw Wrong($"{nameof(Clustering)} {exception.Message}");
        }
        var (text, from) = ReadConnection();
        try
        {
            return (kind, kind.Complete(text));
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // The message names a key or a host, never a password.
            throw Wrong($"{from} is no connection string for {Clustering}: {exception.Message}");
        }
    }

    private (string Text, string From) ReadConnection()
    {
        if (ConnectionFile is not { Length: > 0 } file)
        {
            return ConnectionString is { Length: > 0 } text
                ? (text, nameof(ConnectionString))
                : throw Wrong(
                    $"{nameof(Clustering)} is \"{Clustering}\", and neither {nameof(ConnectionString)} nor {nameof(ConnectionFile)} says how to reach it.");
        }
        if (ConnectionString is { Length: > 0 })
        {
            throw Wrong($"{nameof(ConnectionString)} and {nameof(ConnectionFile)} are both set; one of them says it.");
        }
        try
        {
            PrivateFile.Check(file);
            return File.ReadAllText(file).Trim() is { Length: > 0 } content
                ? (content, $"{nameof(ConnectionFile)} {file}")
                : throw Wrong($"{nameof(ConnectionFile)} is \"{file}\", which is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Wrong($"{nameof(ConnectionFile)} cannot be read: {exception.Message}");
        }
    }

    private void ReadRun()
    {
        var other = IsColocated ? nameof(MembershipFile) : IsClustered ? nameof(Clustering) : Gateways.Count > 0 ? nameof(Gateways) : null;
        if (other is not null)
        {
            throw Wrong($"{nameof(RunDirectory)} names a cluster, and so does {other}: set one of them.");
        }
        try
        {
            var run = ClusterFile.Read(RunDirectory!);
            (ClusterId, ServiceId, SecretFile) = (run.ClusterId, run.ServiceId, run.SecretFile);
            Array.ForEach(run.Gateways, Gateways.Add);
        }
        catch (InvalidDataException exception)
        {
            throw Wrong($"{nameof(RunDirectory)}: {exception.Message}");
        }
    }

    private static IPEndPoint Parse(string text, string option) => IPEndPoint.TryParse(text, out var endPoint) && endPoint.Port > 0
        ? endPoint
        : throw Wrong($"{option} has \"{text}\", which is not address:port.");

    private static OptionsValidationException Wrong(string error) =>
        new(nameof(DirectoryClusterOptions), typeof(DirectoryClusterOptions), [$"{nameof(DirectoryClusterOptions)}.{error}"]);
}
