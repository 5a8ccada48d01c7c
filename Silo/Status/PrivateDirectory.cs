using System.Text;

namespace OrleansAdapter.Silo.Status;

/// <summary>A directory for the socket files of one run, which only this user can enter (mode 700). Disposing it removes it with all that is in it.</summary>
internal sealed class PrivateDirectory : IDisposable
{
    private const string Prefix = "orleansadapter-";

    /// <summary>The longest path of a socket file is 104 bytes on some systems, and its name needs some of them.</summary>
    private const int Longest = 85;

    /// <summary>Makes one, with a name of its own.</summary>
    /// <exception cref="OptionsException">The directory for temporary files has too long a name.</exception>
    public PrivateDirectory()
    {
        Path = Directory.CreateTempSubdirectory(Prefix).FullName;
        if (Encoding.UTF8.GetByteCount(Path) > Longest)
        {
            Directory.Delete(Path);
            throw new OptionsException($"the directory for temporary files, {System.IO.Path.GetTempPath()}, has too long a name for the socket files in it: set TMPDIR to a shorter one");
        }
    }

    public string Path { get; }

    /// <summary>Those that are there, as far as they are this user's own: anybody may make one with such a name.</summary>
    public static IEnumerable<string> All() => Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*").Where(path => !OperatingSystem.IsLinux() || Owner.IsThisUser(path));

    /// <summary>Removes one with all that is in it, where it is still there. Nothing else is ever removed, whatever the path.</summary>
    public static void Remove(string path)
    {
        if (!System.IO.Path.GetFileName(path).StartsWith(Prefix, StringComparison.Ordinal))
        {
            return;
        }
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // The other process was first, or is just about to write: an empty directory in the temporary one harms nobody.
        }
    }

    public void Dispose() => Remove(Path);
}
