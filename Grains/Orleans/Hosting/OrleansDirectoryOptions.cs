using Microsoft.Extensions.Options;
using OrleansAdapter.Codec;
using OrleansAdapter.Grains;

namespace OrleansAdapter.OnOrleans;

/// <summary>How the directory lives in an Orleans cluster. Silos and clients of one cluster must agree on <see cref="StreamProvider"/>.</summary>
public sealed class OrleansDirectoryOptions
{
    /// <summary>The configuration section that binds to this, where a host does not say otherwise.</summary>
    public const string Section = "OrleansDirectory";

    /// <summary>The name of the stream provider that carries mailboxes. With the name of another provider that the host adds, that one does.</summary>
    public string StreamProvider { get; set; } = MailboxStreams.ProviderName;

    /// <summary>
    /// The longest message that goes over the mailbox stream, in bytes; a longer one is announced there, and fetched by a call. Memory streams
    /// lose what is over 1 MB. The default is 512 KB.
    /// </summary>
    public int StreamMessageLimit { get; set; } = 512 << 10;

    /// <summary>A message to a home that is longer than this travels in parts of this length. The default is 1 MB.</summary>
    public int PartBytes { get; set; } = 1 << 20;

    /// <summary>The longest message that a home puts together from parts, in bytes. The default is 256 MB.</summary>
    public long MaximumMessageBytes { get; set; } = 256L << 20;

    /// <summary>
    /// True where the host knows that no home of this cluster existed before this silo started, and that it is the only silo: then the first server
    /// of a namespace need not wait 1.5 s for others that might remember one.
    /// </summary>
    public bool FirstStart { get; set; }

    /// <summary>
    /// The limits and times of homes. A home waits for those that it knows of for 3 s: a call through a gateway that just died is noticed to be lost
    /// after 0.75 s, plus the second in which Orleans looks for such calls, and then it is asked again.
    /// </summary>
    public RoomsOptions Rooms { get; set; } = new() { HoldForKnown = 3_000 };

    /// <summary>The limits and times of the list of servers.</summary>
    public ServersOptions Servers { get; set; } = new();

    /// <summary>What is spoken here; for tests.</summary>
    internal ProtocolRange Versions { get; set; } = ProtocolVersion.Ours;
}

/// <summary>The one place that says which options are valid.</summary>
internal sealed class OrleansDirectoryOptionsValidator : IValidateOptions<OrleansDirectoryOptions>
{
    public ValidateOptionsResult Validate(string? name, OrleansDirectoryOptions options)
    {
        List<string> wrong = [];
        void Check(bool valid, string what)
        {
            if (!valid)
            {
                wrong.Add($"{nameof(OrleansDirectoryOptions)}.{what}");
            }
        }
        Check(!string.IsNullOrEmpty(options.StreamProvider), "StreamProvider must name a stream provider.");
        Check(options.StreamMessageLimit >= 4 << 10, "StreamMessageLimit must be at least 4096 bytes.");
        Check(options.PartBytes is >= 4 << 10 and <= 64 << 20, "PartBytes must be between 4096 bytes and 64 MB.");
        Check(options.MaximumMessageBytes >= options.PartBytes, "MaximumMessageBytes must be at least PartBytes.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
