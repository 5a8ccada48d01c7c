using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansAdapter.Primary;

/// <summary>Sends and receives small messages, and with them file descriptors, over a connected Unix domain socket that keeps messages apart.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class DescriptorSocket
{
    private const int SolSocket = 1;
    private const int Rights = 1;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int CloseOnExec = 0x40000000;
    private const int Interrupted = 4;

    /// <summary>Sends a message without waiting; returns 0, or the number of the error.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="message">The message.</param>
    /// <param name="descriptor">A descriptor that the receiver gets a duplicate of; -1 for none. It stays the caller's.</param>
    public static int Send(int socket, ReadOnlySpan<byte> message, int descriptor)
    {
        Control control;
        fixed (byte* bytes = message)
        {
            var part = new Part { Start = bytes, Length = (nuint)message.Length };
            var header = new Message { Parts = &part, PartCount = 1 };
            if (descriptor >= 0)
            {
                control = new Control { Length = (nuint)(sizeof(Control) - Control.Padding), Level = SolSocket, Type = Rights, Descriptor = descriptor };
                header.Control = &control;
                header.ControlLength = (nuint)sizeof(Control);
            }
            while (true)
            {
                if (sendmsg(socket, &header, DontWait | NoSignal) >= 0)
                {
                    return 0;
                }
                if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                {
                    return error;
                }
            }
        }
    }

    /// <summary>Receives a message, waiting for it where the socket waits. Returns its length; 0 at the end; minus the number of the error.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Gets the message; the rest of a longer one is lost.</param>
    /// <param name="descriptor">The descriptor that came with it, now the caller's; -1 for none, also where this process may have no more of them.</param>
    public static int Receive(int socket, Span<byte> buffer, out int descriptor)
    {
        descriptor = -1;
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var part = new Part { Start = bytes, Length = (nuint)buffer.Length };
                Control control = default;
                var header = new Message { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
                var length = (int)recvmsg(socket, &header, CloseOnExec);
                if (length < 0)
                {
                    if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                    {
                        return -error;
                    }
                    continue;
                }
                if (header.ControlLength >= (nuint)(sizeof(Control) - Control.Padding) && control.Level == SolSocket && control.Type == Rights)
                {
                    descriptor = control.Descriptor;
                }
                return length;
            }
        }
    }

    /// <summary>Closes a descriptor.</summary>
    public static void Close(int descriptor) => _ = close(descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern nint sendmsg(int socket, Message* message, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint recvmsg(int socket, Message* message, int flags);

    [DllImport("libc")]
    private static extern int close(int descriptor);

    /// <summary><c>struct iovec</c></summary>
    private struct Part
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary><c>struct msghdr</c></summary>
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary><c>struct cmsghdr</c>, and one descriptor with the padding that comes after it where words have 8 bytes.</summary>
    private struct Control
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;

        public static int Padding => sizeof(Control) - (sizeof(nuint) + (3 * sizeof(int)));
    }
}
