using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansAdapter.Silo.Front;

/// <summary>The events of epoll that may happen at a descriptor.</summary>
[Flags]
internal enum Happening : uint
{
    None = 0,

    /// <summary>There is something to read, or the other side has ended.</summary>
    Readable = 0x1,

    /// <summary>There is room to write.</summary>
    Writable = 0x4,

    /// <summary>An error.</summary>
    Error = 0x8,

    /// <summary>The connection has ended in both directions.</summary>
    Hangup = 0x10,

    /// <summary>Reports changes only, not states.</summary>
    Edge = 0x80000000,
}

/// <summary>
/// Waits for events at descriptors (epoll) on a thread of its own, and handles them one after the other. All members but <see cref="Post"/> and
/// <see cref="Dispose"/> are for that thread, so its data needs no lock.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class EventLoop : IDisposable
{
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;
    private const int Batch = 256;
    private const int Stack = 512 << 10;

    /// <summary>The offset of the data: <c>struct epoll_event</c> is packed on x86-64 only.</summary>
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? sizeof(uint) : sizeof(ulong);
    private static readonly int EventSize = DataAt + sizeof(ulong);

    private readonly int _events;
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Dictionary<int, Action<Happening>> _handlers = [];
    private readonly Func<int> _tick;
    private bool _ending;

    /// <param name="name">The thread's name.</param>
    /// <param name="tick">Called after each turn; says for how many milliseconds there is nothing to do; -1 for ever.</param>
    public EventLoop(string name, Func<int> tick)
    {
        _tick = tick;
        _events = Check(Libc.NewEvents());
        _wake = Check(Libc.NewSignal());
        Watch(_wake, Happening.Readable, _ => Libc.Lower(_wake));
        _thread = new Thread(Run, Stack) { IsBackground = true, Name = name };
    }

    public void Start() => _thread.Start();

    /// <summary>Runs an action on the loop's thread. May be called from any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        Libc.Raise(_wake);
    }

    /// <summary>Watches a descriptor.</summary>
    public void Watch(int descriptor, Happening what, Action<Happening> handler)
    {
        Check(Control(Add, descriptor, what));
        _handlers[descriptor] = handler;
    }

    /// <summary>Watches a descriptor for other events.</summary>
    public void Change(int descriptor, Happening what) => Check(Control(Modify, descriptor, what));

    /// <summary>Watches a descriptor no more. Call it before the descriptor is closed where another process has it as well.</summary>
    public void Forget(int descriptor)
    {
        _handlers.Remove(descriptor);
        _ = Control(Delete, descriptor, Happening.None);
    }

    /// <summary>Ends the thread after its current turn. Not to be called from that thread.</summary>
    public void Dispose()
    {
        Post(() => _ending = true);
        _thread.Join();
        Libc.Close(_wake);
        Libc.Close(_events);
    }

    private void Run()
    {
        var happened = stackalloc byte[Batch * EventSize];
        while (!_ending)
        {
            var count = Libc.WaitEvents(_events, happened, Batch, _tick());
            for (var i = 0; i < count; i++)
            {
                var entry = new ReadOnlySpan<byte>(happened + (i * EventSize), EventSize);

                // A handler may have closed the descriptor of a later event, and another may have its number by now: handlers take events for hints.
                if (_handlers.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(entry[DataAt..]), out var handler))
                {
                    handler((Happening)BinaryPrimitives.ReadUInt32LittleEndian(entry));
                }
            }
            while (_posted.TryDequeue(out var action))
            {
                action();
            }
        }
    }

    private int Control(int operation, int descriptor, Happening what)
    {
        var entry = stackalloc byte[EventSize];
        var bytes = new Span<byte>(entry, EventSize);
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)what);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[DataAt..], descriptor);
        return Libc.ControlEvents(_events, operation, descriptor, entry);
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(-result);
}
