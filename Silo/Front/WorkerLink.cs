using System.Runtime.Versioning;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Front;

/// <summary>What came of handing over a connection.</summary>
internal enum HandOverResult
{
    Done,

    /// <summary>The worker has not taken yet what it was given.</summary>
    Full,

    /// <summary>It cannot be reached any more.</summary>
    Gone,
}

/// <summary>The link to one worker. For the front's thread.</summary>
[SupportedOSPlatform("linux")]
internal sealed class WorkerLink(int descriptor, long since)
{
    private static readonly byte[] Plain = [(byte)ToWorker.Plain];
    private static readonly byte[] Secure = [(byte)ToWorker.Secure];
    private static readonly byte[] Ping = [(byte)ToWorker.Ping];
    private static readonly byte[] Left = [(byte)ToWorker.Left];

    private const int NoBuffers = 105;

    public int Descriptor { get; } = descriptor;

    /// <summary>When it was made, while it is not known whose it is.</summary>
    public long Since { get; } = since;

    /// <summary>Whose it is, once it said so.</summary>
    public FrontWorker? Worker { get; set; }

    /// <summary>When it was last to be asked whether it lives.</summary>
    public long Asked { get; set; } = since;

    /// <summary>Whether the question is on its way.</summary>
    public bool AskSent { get; set; } = true;

    /// <summary>Whether it has answered.</summary>
    public bool Answered { get; set; } = true;

    /// <summary>Since when it is too late; a second look is needed, because it may be this process that did not run.</summary>
    public long? Suspected { get; set; }

    /// <summary>Hands over a connection; the caller still has to close its own descriptor.</summary>
    public HandOverResult Send(int connection, bool secure) => DescriptorSocket.Send(Descriptor, secure ? Secure : Plain, connection) switch
    {
        0 => HandOverResult.Done,
        Libc.Again or Libc.TooManyReferences or NoBuffers => HandOverResult.Full,
        _ => HandOverResult.Gone,
    };

    /// <summary>
    /// Asks whether it lives; <see cref="AskSent"/> tells whether that could be sent. The answer says also that it has taken all that it was given before.
    /// </summary>
    public void Ask() => AskSent = DescriptorSocket.Send(Descriptor, Ping, -1) == 0;

    /// <summary>Says that no connection follows.</summary>
    public void SayLeft() => _ = DescriptorSocket.Send(Descriptor, Left, -1);
}
