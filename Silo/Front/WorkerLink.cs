using System.Runtime.Versioning;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Front;

/// <summary>What came of handing a connection over.</summary>
internal enum HandOverResult
{
    Done,

    /// <summary>The worker has not taken yet what it was given.</summary>
    Full,

    /// <summary>The worker cannot be reached any more.</summary>
    Gone,
}

/// <summary>The front's connection to one worker. Used by the front's thread only.</summary>
[SupportedOSPlatform("linux")]
internal sealed class WorkerLink(int descriptor, long since)
{
    private static readonly byte[] Plain = [(byte)ToWorker.Plain];
    private static readonly byte[] Secure = [(byte)ToWorker.Secure];
    private static readonly byte[] Ping = [(byte)ToWorker.Ping];
    private static readonly byte[] Left = [(byte)ToWorker.Left];

    private const int NoBuffers = 105;

    public int Descriptor { get; } = descriptor;

    /// <summary>When the worker connected.</summary>
    public long Since { get; } = since;

    /// <summary>The worker, once it has said who it is.</summary>
    public FrontWorker? Worker { get; set; }

    /// <summary>When it was last to be asked for a sign of life.</summary>
    public long Asked { get; set; } = since;

    /// <summary>Whether that question could be sent.</summary>
    public bool AskSent { get; set; } = true;

    /// <summary>Whether it has answered the question.</summary>
    public bool Answered { get; set; } = true;

    /// <summary>Since when its answer is overdue. It gets a second chance, because it may be this process that did not run.</summary>
    public long? Suspected { get; set; }

    /// <summary>Hands a connection over. The caller still has to close its own descriptor.</summary>
    public HandOverResult Send(int connection, bool secure) => DescriptorSocket.Send(Descriptor, secure ? Secure : Plain, connection) switch
    {
        0 => HandOverResult.Done,
        Libc.Again or Libc.TooManyReferences or NoBuffers => HandOverResult.Full,
        _ => HandOverResult.Gone,
    };

    /// <summary>
    /// Asks for a sign of life; <see cref="AskSent"/> tells whether the question could be sent. The answer also says that all connections given before have
    /// been taken.
    /// </summary>
    public void Ask() => AskSent = DescriptorSocket.Send(Descriptor, Ping, -1) == 0;

    /// <summary>Tells the worker that no more connections follow.</summary>
    public void SayLeft() => _ = DescriptorSocket.Send(Descriptor, Left, -1);
}
