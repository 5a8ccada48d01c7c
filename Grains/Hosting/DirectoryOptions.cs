using Microsoft.Extensions.Options;
using OrleansAdapter.Grains;
using OrleansAdapter.Security;

namespace OrleansAdapter;

/// <summary>
/// The limits and times of the directory, wherever it runs. Validated when the host starts. Silos and clients of one cluster must agree on
/// <see cref="StreamProvider"/>.
/// </summary>
public sealed class DirectoryOptions
{
    /// <summary>The section of the configuration that <c>AddDirectory</c> usually reads.</summary>
    public const string Section = "OrleansAdapter:Directory";

    /// <summary>The limits and times of homes.</summary>
    public HomeOptions Homes { get; set; } = new();

    /// <summary>The limits and times of the list of servers.</summary>
    public ServersOptions Servers { get; set; } = new();

    /// <summary>The name of the stream provider that carries mailboxes. Another name means a provider that the host adds.</summary>
    public string StreamProvider { get; set; } = MailboxStreams.ProviderName;

    /// <summary>
    /// The longest message that goes over a mailbox stream, in bytes; a longer one is announced there, and fetched by a call. Memory streams
    /// lose what is over 1 MB. The default is 512 KB.
    /// </summary>
    public int StreamMessageLimit { get; set; } = 512 << 10;

    /// <summary>A message to a home that is longer than this travels in parts of this length, in bytes. The default is 1 MB.</summary>
    public int PartBytes { get; set; } = 1 << 20;

    /// <summary>The longest message that a home puts together from parts, in bytes. The default is 256 MB.</summary>
    public long MaximumMessageBytes { get; set; } = 256L << 20;

    /// <summary>
    /// A file with the secret of the Orleans cluster, which its silos and clients prove to each other that they have before anything else is said on a
    /// connection; the same for all of them. Null: nobody is asked for one. Other users may not be able to read it. It is read once, at the start.
    /// </summary>
    public string? SecretFile { get; set; }

    /// <summary>
    /// The files for TLS between silos and clients, with certificates of both sides, as a cluster over a network needs it; the same authority for all of
    /// them. Without any, connections are not encrypted.
    /// </summary>
    public TlsFiles Tls { get; set; } = new();

    /// <summary>
    /// True where the host knows that this silo is the only one and that no home existed before it started: then the first server of a namespace need not
    /// wait for others that remember a home.
    /// </summary>
    public bool FirstStart { get; set; }

    /// <summary>
    /// Whether a broadcast on a cluster of several machines is acknowledged only when a second machine has it as well, so that the loss of one loses nothing
    /// that was acknowledged. It is delivered without that wait. On one machine it changes nothing. Read by silos.
    /// </summary>
    public bool AcknowledgeOnSecondMachine { get; set; } = true;

    /// <summary>
    /// What the machine is called that this process is on, the same for all processes on it. Silos whose table is shared take their address, if nothing is
    /// said; clients have to say it, since what is nowhere in particular counts for no second machine. <c>Silo primary --cluster</c> says it to its workers.
    /// </summary>
    public string? Machine { get; set; }

    /// <summary>The versions of the protocol that are spoken here. Tests set others.</summary>
    internal ProtocolRange Versions { get; set; } = ProtocolVersion.Ours;
}

/// <summary>Checks the options of the directory, wherever they are set. Each error names its option.</summary>
internal sealed class DirectoryOptionsValidator : IValidateOptions<DirectoryOptions>
{
    public ValidateOptionsResult Validate(string? name, DirectoryOptions options)
    {
        var wrong = Errors(options).Select(error => $"{nameof(DirectoryOptions)}.{error}").ToArray();
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    /// <summary>Says what is wrong; empty where nothing is.</summary>
    public static IEnumerable<string> Errors(DirectoryOptions options)
    {
        var (homes, servers) = (options.Homes, options.Servers);
        (string Option, long Value)[] positive =
        [
            ($"Homes.{nameof(homes.Lease)}", homes.Lease),
            ($"Homes.{nameof(homes.Hold)}", homes.Hold),
            ($"Homes.{nameof(homes.HoldForKnown)}", homes.HoldForKnown),
            ($"Homes.{nameof(homes.PauseThreshold)}", homes.PauseThreshold),
            ($"Homes.{nameof(homes.DeathMemory)}", homes.DeathMemory),
            ($"Homes.{nameof(homes.MailboxLimit)}", homes.MailboxLimit),
            ($"Homes.{nameof(homes.MaximumAway)}", homes.MaximumAway),
            ($"Homes.{nameof(homes.BatchEntries)}", homes.BatchEntries),
            ($"Homes.{nameof(homes.BatchBytes)}", homes.BatchBytes),
            ($"Servers.{nameof(servers.Lease)}", servers.Lease),
            ($"Servers.{nameof(servers.PauseThreshold)}", servers.PauseThreshold),
            ($"Servers.{nameof(servers.DeathMemory)}", servers.DeathMemory),
            ($"Servers.{nameof(servers.AnswersLimit)}", servers.AnswersLimit),
            ($"Servers.{nameof(servers.AnswerLife)}", servers.AnswerLife),
            ($"Servers.{nameof(servers.BatchBytes)}", servers.BatchBytes),
        ];
        foreach (var (option, value) in positive.Where(option => option.Value <= 0))
        {
            yield return $"{option} is {value}; it must be positive.";
        }
        if (homes.HoldForKnown < homes.Hold)
        {
            yield return $"Homes.{nameof(homes.HoldForKnown)} is {homes.HoldForKnown}; it must be at least Homes.{nameof(homes.Hold)}, which is {homes.Hold}.";
        }
        if (options.SecretFile is { Length: > 0 } file && ClusterSecret.Error(file) is { } wrong)
        {
            yield return $"{nameof(options.SecretFile)}: {wrong}";
        }
        foreach (var error in options.Tls.Errors())
        {
            yield return $"{nameof(options.Tls)}.{error}";
        }
        if (options.Machine is { Length: > 255 } machine)
        {
            yield return $"{nameof(options.Machine)} has {machine.Length} characters; it may have 255 at most.";
        }
        if (string.IsNullOrEmpty(options.StreamProvider))
        {
            yield return $"{nameof(options.StreamProvider)} is empty; it must name a stream provider.";
        }
        if (options.StreamMessageLimit < 4 << 10)
        {
            yield return $"{nameof(options.StreamMessageLimit)} is {options.StreamMessageLimit}; it must be at least 4096 bytes.";
        }
        if (options.PartBytes is < 4 << 10 or > 64 << 20)
        {
            yield return $"{nameof(options.PartBytes)} is {options.PartBytes}; it must be between 4096 bytes and 64 MB.";
        }
        if (options.MaximumMessageBytes < options.PartBytes)
        {
            yield return $"{nameof(options.MaximumMessageBytes)} is {options.MaximumMessageBytes}; it must be at least {nameof(options.PartBytes)}, which is "
                + $"{options.PartBytes}.";
        }
    }
}
