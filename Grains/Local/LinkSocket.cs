using System.Net.Sockets;
using System.Text;

namespace OrleansAdapter.Grains.Local;

/// <summary>
/// The socket file that links go through. It has mode 0600 and lies in a directory that nobody else can enter, so that no moment is left in which
/// another user could connect.
/// </summary>
internal static class LinkSocket
{
    /// <summary>The size of the buffers that a link reads and writes with.</summary>
    public const int BufferBytes = 64 << 10;

    /// <summary>The longest path of a socket file, in bytes, that every platform takes.</summary>
    public const int MaximumPathBytes = 103;

    private const int Backlog = 128;
    private const UnixFileMode OwnerDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Listens at a path. A file left there by a process that is gone is removed, and the directory is made where it is missing.</summary>
    /// <exception cref="InvalidOperationException">The directory is open to others, or a process listens there already.</exception>
    public static Socket Listen(string path)
    {
        path = Path.GetFullPath(path);
        MakeDirectory(Path.GetDirectoryName(path)!);
        RemoveLeftOver(path);
        var socket = New();
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, OwnerFile);
            }
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the process that listens at a path.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<Socket> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = New();
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.GetFullPath(path)), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What is wrong with a path for a socket file; null where nothing is.</summary>
    public static string? Error(string path) => Encoding.UTF8.GetByteCount(Path.GetFullPath(path)) is var bytes and > MaximumPathBytes
        ? $"has {bytes} bytes as a full path; a socket file's path can have at most {MaximumPathBytes}"
        : null;

    private static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, OwnerDirectory);
        }
        var mode = File.GetUnixFileMode(directory);
        if ((mode & Others) != 0)
        {
            throw new InvalidOperationException(
                $"The directory {directory} of the socket file is open to others (mode {Convert.ToString((int)mode, 8)}): use one of mode 700, or one that does not exist yet.");
        }
    }

    private static void RemoveLeftOver(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }
        using var probe = New();
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }
        throw new InvalidOperationException($"A process listens at {path} already: two directories cannot share a socket file.");
    }
}
