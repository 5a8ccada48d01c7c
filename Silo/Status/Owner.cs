using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansAdapter.Silo.Status;

/// <summary>Tells who owns a file, which .NET does not.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class Owner
{
    private const int WorkingDirectory = -100;
    private const int NoFollow = 0x100;
    private const int UserMask = 0x8;

    /// <summary>The size of <c>struct statx</c>, and where the user is in it.</summary>
    private const int Size = 256;
    private const int UserAt = 20;

    /// <summary>Whether a file belongs to the user of this process. A link is not followed.</summary>
    public static bool IsThisUser(string path)
    {
        Span<byte> status = stackalloc byte[Size];
        fixed (byte* start = status)
        {
            return statx(WorkingDirectory, path, NoFollow, UserMask, start) == 0 && BinaryPrimitives.ReadUInt32LittleEndian(status[UserAt..]) == geteuid();
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
