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

    /// <summary>Silos: the address that other processes reach this one at. Default: this machine only.</summary>
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
    internal bool NamesCluster => IsColocated || Gateways.Count > 0;

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

    private void ReadRun()
    {
        if (IsColocated || Gateways.Count > 0)
        {
            throw Wrong($"{nameof(RunDirectory)} names a cluster, and so does {(IsColocated ? nameof(MembershipFile) : nameof(Gateways))}: set one of them.");
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
