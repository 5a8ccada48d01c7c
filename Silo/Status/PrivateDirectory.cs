using System.Text;

namespace OrleansAdapter.Silo.Status;

/// <summary>A directory for the files of one run, which only its user can enter (mode 700). Disposing it removes it with all that is in it.</summary>
internal sealed class PrivateDirectory : IDisposable
{
    private const string Prefix = "orleansadapter-";

    /// <summary>
    /// The longest path that it may have: on some systems the path of a socket file has at most 104 bytes, and the file's name needs some of them.
    /// </summary>
    private const int Longest = 85;

    /// <summary>Makes one, with a random name.</summary>
    /// <exception cref="OptionsException">The directory for temporary files has too long a name.</exception>
    public PrivateDirectory()
    {
        Path = Directory.CreateTempSubdirectory(Prefix).FullName;
        if (Encoding.UTF8.GetByteCount(Path) > Longest)
        {
            Directory.Delete(Path);
            throw new OptionsException(
                $"the directory for temporary files, {System.IO.Path.GetTempPath()}, has too long a name for the socket files in it: set TMPDIR to a shorter "
                + "one");
        }
    }

    public string Path { get; }

    /// <summary>Finds those of this user. Anybody may make a directory with such a name, so the owner is checked.</summary>
    public static IEnumerable<string> All() =>
        Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*").Where(path => !OperatingSystem.IsLinux() || Owner.IsThisUser(path));

    /// <summary>Removes one with all that is in it, if it is still there. Refuses any other path.</summary>
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
