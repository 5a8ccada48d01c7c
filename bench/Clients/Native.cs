using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansAdapter.Bench.Clients;

/// <summary>
/// The system calls of a single-threaded event loop on Linux. .NET's sockets would take a thread of their own and a hop for each read, and the load generator
/// shares the machine with what it measures.
/// </summary>
internal static unsafe partial class Native
{
    public const int Readable = 1;
    public const int Writable = 4;
    private const int Add = 1;
    private const int Remove = 2;
    private const int Modify = 3;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int Again = 11;
    private const int Interrupted = 4;

    /// <summary>struct epoll_event is packed on x86-64 only.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    public static readonly int EventSize = DataOffset + 8;

    public static int Create() => Checked(epoll_create1(0));

    /// <summary>Watches a file descriptor, or changes what is watched for.</summary>
    public static void Watch(int poll, int descriptor, int index, bool writable, bool isNew)
    {
        Span<byte> @event = stackalloc byte[EventSize];
        @event.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(@event, writable ? Readable | Writable : Readable);
        BinaryPrimitives.WriteInt32LittleEndian(@event[DataOffset..], index);
        fixed (byte* pointer = @event)
        {
            Checked(epoll_ctl(poll, isNew ? Add : Modify, descriptor, pointer));
        }
    }

    /// <summary>Watches a file descriptor no more.</summary>
    public static void Unwatch(int poll, int descriptor) => Checked(epoll_ctl(poll, Remove, descriptor, null));

    /// <summary>Waits for events, at most so many nanoseconds.</summary>
    public static int Wait(int poll, byte[] events, long nanoseconds)
    {
        Span<long> time = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000];
        fixed (byte* pointer = events)
        {
            fixed (long* timeout = time)
            {
                var count = epoll_pwait2(poll, pointer, events.Length / EventSize, timeout, null);
                return count < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Checked(count);
            }
        }
    }

    /// <summary>An event: what happened, and the index that was given for the descriptor.</summary>
    public static (int Events, int Index) Read(byte[] events, int number)
    {
        var @event = events.AsSpan(number * EventSize);
        return (BinaryPrimitives.ReadInt32LittleEndian(@event), BinaryPrimitives.ReadInt32LittleEndian(@event[DataOffset..]));
    }

    /// <summary>Reads what is there: -1 if there is nothing, 0 at the end, or if the other side cut it.</summary>
    public static int Receive(int descriptor, Span<byte> to)
    {
        fixed (byte* pointer = to)
        {
            var count = recv(descriptor, pointer, to.Length, DontWait);
            return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() is Again or Interrupted ? -1 : 0;
        }
    }

    /// <summary>Writes what fits: -1 if nothing does. An end is left to the reader to find.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> from)
    {
        fixed (byte* pointer = from)
        {
            var count = send(descriptor, pointer, from.Length, DontWait | NoSignal);
            return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() is Again or Interrupted ? -1 : from.Length;
        }
    }

    private static int Checked(int result) =>
        result >= 0 ? result : throw new InvalidOperationException($"A system call failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int poll, int operation, int descriptor, byte* @event);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_pwait2(int poll, byte* events, int maximum, long* timeout, void* mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int descriptor, byte* buffer, nint length, int flags);
}
