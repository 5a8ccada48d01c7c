using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Front;

/// <summary>
/// The front's connections to all workers: accepts them at a socket file, hands clients' connections over, counts those that end, and notices workers that
/// no longer answer. Used by the front's thread only.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class WorkerLinks : IDisposable
{
    /// <summary>How many connections may be open whose worker is not known yet.</summary>
    private const int MostStrangers = 64;
    private static readonly TimeSpan StrangerLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;

    private readonly EventLoop _loop;
    private readonly WorkerTable _workers;
    private readonly TimeProvider _time;
    private readonly byte[] _secret;
    private readonly TimeSpan _hungAfter;
    private readonly Socket _listener;
    private readonly List<WorkerLink> _links = [];
    private readonly byte[] _buffer = new byte[FrontContract.MaxMessage];

    /// <param name="loop">Whose thread it is for.</param>
    /// <param name="workers">The workers.</param>
    /// <param name="path">The socket file.</param>
    /// <param name="secret">What a worker has to know.</param>
    /// <param name="hungAfter">How long a worker may take to answer; zero for ever.</param>
    /// <param name="time">The clock.</param>
    public WorkerLinks(EventLoop loop, WorkerTable workers, string path, string secret, TimeSpan hungAfter, TimeProvider time)
    {
        (_loop, _workers, _time) = (loop, workers, time);
        _secret = Encoding.UTF8.GetBytes(secret);
        _hungAfter = hungAfter > TimeSpan.Zero ? hungAfter : Never;
        _listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { Blocking = false };
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen(FrontLimits.Backlog);
        loop.Watch((int)_listener.Handle, Happening.Readable, _ => Accept());
    }

    /// <summary>Hands a connection over to a worker. On success it belongs to the worker.</summary>
    public HandOverResult HandOver(FrontWorker worker, int connection, bool secure)
    {
        var link = _links.Find(candidate => candidate.Worker == worker);
        var result = link?.Send(connection, secure) ?? HandOverResult.Gone;
        if (result == HandOverResult.Full)
        {
            _workers.SetFull(worker, full: true);
        }
        else if (result == HandOverResult.Gone && link is not null)
        {
            End(link, "its link broke");
        }
        return result;
    }

    /// <summary>Lets workers that were full be tried again.</summary>
    public void Retry()
    {
        foreach (var link in _links)
        {
            if (link.Worker is { } worker)
            {
                _workers.SetFull(worker, full: false);
            }
        }
    }

    /// <summary>Ends what took too long. Returns when to call it next.</summary>
    public TimeSpan Tick()
    {
        var next = Never;
        for (var i = _links.Count - 1; i >= 0; i--)
        {
            var link = _links[i];
            if (link.Worker is null)
            {
                var left = StrangerLimit - _time.GetElapsedTime(link.Since);
                if (left <= TimeSpan.Zero)
                {
                    End(link, "");
                    continue;
                }
                next = Sooner(next, left);
            }
            else if (_hungAfter != Never)
            {
                next = Sooner(next, Watch(link));
            }
        }
        return next;
    }

    public void Dispose()
    {
        foreach (var link in _links)
        {
            Libc.Close(link.Descriptor);
        }
        _listener.Dispose();
    }

    /// <summary>The sooner of two times; either may be "never".</summary>
    public static TimeSpan Sooner(TimeSpan one, TimeSpan other) => one == Never ? other : other == Never || one < other ? one : other;

    /// <summary>Asks a worker for a sign of life now and then, and gives it up when it has given none for too long.</summary>
    private TimeSpan Watch(WorkerLink link)
    {
        var since = _time.GetElapsedTime(link.Asked);
        if (link.Answered)
        {
            link.Suspected = null;
            if (_hungAfter / 3 is var pause && since < pause)
            {
                return pause - since;
            }
            (link.Answered, link.Asked) = (false, _time.GetTimestamp());
            link.Ask();
            return link.AskSent ? _hungAfter : FrontLimits.Retry;
        }
        if (since < _hungAfter)
        {
            if (!link.AskSent)
            {
                link.Ask();
            }
            return link.AskSent ? _hungAfter - since : FrontLimits.Retry;
        }
        link.Suspected ??= _time.GetTimestamp();
        if (_time.GetElapsedTime(link.Suspected.Value) is var sure && sure < SecondLook)
        {
            return SecondLook - sure;
        }
        End(link, $"it hangs: no sign of life for {since.TotalSeconds:0} s", hangs: true);
        return Never;
    }

    private void Accept()
    {
        while (Libc.Accept((int)_listener.Handle) is var descriptor and >= 0)
        {
            if (_links.Count(link => link.Worker is null) >= MostStrangers)
            {
                Libc.Close(descriptor);
                continue;
            }
            var link = new WorkerLink(descriptor, _time.GetTimestamp());
            _links.Add(link);
            _loop.Watch(descriptor, Happening.Readable, _ => Read(link));
        }
    }

    private void Read(WorkerLink link)
    {
        while (true)
        {
            var length = Libc.Receive(link.Descriptor, _buffer);
            if (length is -Libc.Again or -Libc.Interrupted)
            {
                return;
            }
            if (length <= 0)
            {
                End(link, "its link ended");
                return;
            }
            if (!Handle(link, _buffer.AsSpan(0, length)))
            {
                End(link, "it said something that no worker says");
                return;
            }
        }
    }

    private bool Handle(WorkerLink link, ReadOnlySpan<byte> message)
    {
        if (link.Worker is null)
        {
            return FrontHello.TryRead(message, out var hello)
                && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hello.Secret), _secret)
                && (link.Worker = _workers.Connect(hello.Server, hello.Capacity, hello.Secure)) is not null;
        }
        switch ((ToPrimary)message[0])
        {
            case ToPrimary.Counts when FrontCounts.TryRead(message, out var counts):
                _workers.SetEnded(link.Worker, counts.Ended);
                return true;
            case ToPrimary.Pong when message.Length == 1:
                link.Answered = true;
                return true;
            case ToPrimary.Drain when message.Length == 1:
                _workers.Leave(link.Worker);
                return true;
            case ToPrimary.Leave when message.Length == 1:
                _workers.Close(link.Worker);
                link.SayLeft();
                return true;
            default:
                return false;
        }
    }

    private void End(WorkerLink link, string reason, bool hangs = false)
    {
        _links.Remove(link);
        _loop.Forget(link.Descriptor);
        Libc.Close(link.Descriptor);
        if (link.Worker is not null)
        {
            _workers.Lose(link.Worker, reason, hangs);
        }
    }
}
