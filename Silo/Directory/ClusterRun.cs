using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansAdapter.Grains;
using OrleansAdapter.Security;
using OrleansAdapter.Silo.Kubernetes;

namespace OrleansAdapter.Silo;

/// <summary>
/// The cluster of several machines that a primary joins: from its command line, or from the environment variables that a container is given. What the two
/// say differently is refused.
/// </summary>
internal sealed class ClusterRun
{
    private const string Prefix = "OrleansAdapter__Directory__";
    private const string ForwardingSecret = "OrleansAdapter__Forwarding__Secret";

    private ClusterRun(DirectoryClusterOptions options, IPAddress address, string? machine, bool hasSilo, PodEnvironment? pod)
    {
        (Options, Address, Machine, HasSilo, Pod) = (options, address, machine ?? address.ToString(), hasSilo, pod);
        PodId = hasSilo && pod is not null ? PodId.Of(pod, File.ReadAllBytes(PodApi.AuthorityFile)) : null;
        if (options.SecretFile is { Length: > 0 } file)
        {
            Secret = Convert.ToHexStringLower(HKDF.DeriveKey(
                HashAlgorithmName.SHA256,
                ClusterSecret.Read(file).Key.ToArray(),
                outputLength: 32,
                info: Encoding.UTF8.GetBytes($"OrleansAdapter forwarding {options.ClusterId}")));
        }
    }

    /// <summary>Where the silos find each other.</summary>
    public DirectoryClusterOptions Options { get; }

    /// <summary>The address at which other machines reach this one.</summary>
    public IPAddress Address { get; }

    /// <summary>What silo and workers of this machine call it, so that others know what is on one and the same.</summary>
    public string Machine { get; }

    /// <summary>Whether this machine has a silo; otherwise its workers use those of the others.</summary>
    public bool HasSilo { get; }

    /// <summary>The pod of Kubernetes that this is; null where that is not asked.</summary>
    public PodEnvironment? Pod { get; }

    /// <summary>The same as the names of its silos have it; null where it has none.</summary>
    public PodId? PodId { get; }

    /// <summary>
    /// What workers prove to each other before they pass requests on, derived from the cluster's secret; null where the environment sets it.
    /// </summary>
    public string? Secret { get; }

    /// <summary>The settings of the section <c>OrleansAdapter:Directory</c> that workers and silo need.</summary>
    public IEnumerable<(string Name, string Value)> Settings
    {
        get
        {
            yield return (nameof(Options.Clustering), Options.Clustering!);
            yield return (nameof(Options.ClusterId), Options.ClusterId);
            yield return (nameof(Options.ServiceId), Options.ServiceId);
            yield return (nameof(DirectoryOptions.Machine), Machine);
            if (Options.ConnectionFile is { Length: > 0 } connection)
            {
                yield return (nameof(Options.ConnectionFile), Path.GetFullPath(connection));
            }
            if (Options.SecretFile is { Length: > 0 } secret)
            {
                yield return (nameof(Options.SecretFile), Path.GetFullPath(secret));
            }
        }
    }

    /// <summary>Reads what the command line says of a cluster, and the environment; null where neither names one.</summary>
    /// <exception cref="OptionsException">Something is missing, wrong, or said twice.</exception>
    /// <exception cref="OptionsValidationException">The same.</exception>
    public static ClusterRun? Read(ClusterArguments arguments)
    {
        var section = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection(DirectoryRun.Section);
        if (OneOf("--cluster", arguments.Clustering, section, nameof(DirectoryClusterOptions.Clustering)) is not { } clustering)
        {
            return arguments.Lone is not { } lone
                ? null
                : throw new OptionsException($"{lone} is for a cluster of several machines: it needs --cluster, which says where they find each other");
        }
        if (section[nameof(DirectoryClusterOptions.RunDirectory)] is { Length: > 0 } run)
        {
            throw new OptionsException(
                $"the environment variable {Prefix}RunDirectory is '{run}', which is for who joins one machine's run; --cluster joins several machines'");
        }
        var options = DirectoryClusterOptions.From(section);
        options.Clustering = clustering;
        options.ConnectionFile = OneOf("--connection-file", arguments.ConnectionFile, section, nameof(options.ConnectionFile));
        options.SecretFile = OneOf("--secret-file", arguments.SecretFile, section, nameof(options.SecretFile));
        if (options.SecretFile is null && !(options.Tls.IsEnabled && Environment.GetEnvironmentVariable(ForwardingSecret) is { Length: > 0 }))
        {
            throw new OptionsException(
                "--cluster needs --secret-file, a file that is the same on all machines (`openssl rand -base64 48` makes one), so that nobody else joins; "
                + $"or certificates ({Prefix}Tls__…) and {ForwardingSecret}");
        }
        if (options.SecretFile is { } file && ClusterSecret.Error(file) is { } error)
        {
            throw new OptionsException($"--secret-file: {error.TrimEnd('.')}");
        }
        options.ReadClustering();
        var pod = arguments.Kubernetes ? ReadPod(arguments, section, options) : null;
        var address = pod?.Address ?? Advertised(arguments.Advertise, section);
        return new ClusterRun(options, address, section[nameof(DirectoryOptions.Machine)], arguments.HasSilo, pod);
    }

    /// <summary>Where no cluster is joined, the run sets these itself.</summary>
    /// <exception cref="OptionsException">The environment sets one of them.</exception>
    public static void RefuseLeftovers()
    {
        string[] own =
        [
            nameof(DirectoryClusterOptions.Gateways) + "__0",
            nameof(DirectoryClusterOptions.MembershipFile),
            nameof(DirectoryClusterOptions.RunDirectory),
            nameof(DirectoryClusterOptions.Address),
        ];
        foreach (var name in own)
        {
            if (Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } value)
            {
                throw new OptionsException(
                    $"the environment variable {Prefix + name} is '{value}', and a primary on one machine runs a directory of its own; to join a cluster, use "
                    + $"--cluster or {Prefix}Clustering");
            }
        }
    }

    /// <summary>Names and address of the pod; whoever says another one besides is refused.</summary>
    private static PodEnvironment ReadPod(ClusterArguments arguments, IConfigurationSection section, DirectoryClusterOptions options)
    {
        var pod = PodEnvironment.Read();
        var (by, address) = arguments.Advertise is { } advertise
            ? ("--advertise", advertise.ToString())
            : ($"the environment variable {Prefix}{nameof(options.Address)}", section[nameof(options.Address)]);
        if (address is { Length: > 0 })
        {
            throw new OptionsException(
                $"{by} is '{address}', and with --kubernetes the address is the pod's own, {pod.Address}, of {PodEnvironment.AddressVariable}: leave one out");
        }
        foreach (var (name, variable, value) in new[]
        {
            (nameof(options.ClusterId), PodEnvironment.ClusterVariable, pod.ClusterId),
            (nameof(options.ServiceId), PodEnvironment.ServiceVariable, pod.ServiceId),
        })
        {
            if (section[name] is { Length: > 0 } set && set != value)
            {
                throw new OptionsException(
                    $"the environment variable {Prefix}{name} is '{set}', and {variable} is '{value}', which --kubernetes takes: say it in one place");
            }
        }
        if (arguments.HasSilo)
        {
            PodApi.FindServer(); // which the silo will ask
        }
        (options.ClusterId, options.ServiceId) = (pod.ClusterId, pod.ServiceId);
        return pod;
    }

    private static IPAddress Advertised(IPAddress? argument, IConfigurationSection section)
    {
        var text = OneOf("--advertise", argument?.ToString(), section, nameof(DirectoryClusterOptions.Address))
            ?? throw new OptionsException("--cluster needs --advertise: the IP address of this machine at which the others reach it");
        if (!IPAddress.TryParse(text, out var address))
        {
            throw new OptionsException($"the environment variable {Prefix}Address is '{text}'; it must be an IP address");
        }
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            ? throw new OptionsException($"--advertise is {address}, which is no address that others can reach: name one of this machine's")
            : address;
    }

    private static string? OneOf(string option, string? given, IConfigurationSection section, string name)
    {
        if (section[name] is not { Length: > 0 } set)
        {
            return given;
        }
        return given is null || given == set
            ? set
            : throw new OptionsException($"{option} is '{given}', and the environment variable {Prefix + name} is '{set}': say it in one place");
    }
}

/// <summary>What the command line says of a cluster of several machines; null for what it leaves out.</summary>
internal sealed record ClusterArguments(string? Clustering, string? ConnectionFile, string? SecretFile, IPAddress? Advertise, bool HasSilo, bool Kubernetes)
{
    /// <summary>An option that is of no use without a cluster to join; null where there is none.</summary>
    public string? Lone => !HasSilo ? "--directory none"
        : ConnectionFile is not null ? "--connection-file"
        : SecretFile is not null ? "--secret-file"
        : Advertise is not null ? "--advertise"
        : Kubernetes ? "--kubernetes"
        : null;
}
