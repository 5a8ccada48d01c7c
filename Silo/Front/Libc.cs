using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansAdapter.Silo.Front;

/// <summary>
/// The system calls of the front, none of which waits. An accepted socket never becomes a <see cref="System.Net.Sockets.Socket"/> here: .NET's first
/// asynchronous operation would register it with its own epoll, that registration would live as long as the connection does in the worker, and this process
/// would wake up for every message of it.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class Libc
{
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int TooManyInSystem = 23;
    public const int TooManyInProcess = 24;
    public const int TooManyReferences = 109;

    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int Peeking = 0x2;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int ShutWrite = 1;

    /// <summary>Accepts a connection. Returns minus the error's number where there is none.</summary>
    public static int Accept(int listener) => Result(accept4(listener, null, null, NonBlocking | CloseOnExec));

    /// <summary>Looks at what has come, without taking it. Returns its length; 0 where the other side has ended; minus the error's number.</summary>
    public static int Peek(int socket, Span<byte> buffer) => Receive(socket, buffer, Peeking | DontWait);

    /// <summary>Takes what has come. Returns its length; 0 where the other side has ended; minus the error's number.</summary>
    public static int Receive(int socket, Span<byte> buffer) => Receive(socket, buffer, DontWait);

    /// <summary>Sends as much as can be sent at once.</summary>
    public static void Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            _ = send(socket, start, (nuint)bytes.Length, DontWait | NoSignal);
        }
    }

    /// <summary>Ends the sending direction of a connection.</summary>
    public static void EndSending(int socket) => _ = shutdown(socket, ShutWrite);

    public static void Close(int descriptor) => _ = close(descriptor);

    public static int NewEvents() => Result(epoll_create1(CloseOnExec));

    public static int ControlEvents(int events, int operation, int descriptor, byte* what) => Result(epoll_ctl(events, operation, descriptor, what));

    public static int WaitEvents(int events, byte* happened, int most, int milliseconds) => Result(epoll_wait(events, happened, most, milliseconds));

    public static int NewSignal() => Result(eventfd(0, NonBlocking | CloseOnExec));

    public static void Raise(int signal)
    {
        var one = 1UL;
        _ = write(signal, &one, sizeof(ulong));
    }

    public static void Lower(int signal)
    {
        ulong count;
        _ = read(signal, &count, sizeof(ulong));
    }

    private static int Receive(int socket, Span<byte> buffer, int flags)
    {
        fixed (byte* start = buffer)
        {
            return Result((int)recv(socket, start, (nuint)buffer.Length, flags));
        }
    }

    private static int Result(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int socket, void* address, void* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int socket, int how);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int events, int operation, int descriptor, byte* what);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int events, byte* happened, int most, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint start, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, void* bytes, nuint length);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, void* bytes, nuint length);
}
