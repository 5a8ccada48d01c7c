namespace OrleansAdapter.Silo.Engines;

/// <summary>A directory for the socket files of one run, which only this user can enter (mode 700). Disposing it removes it with all that is in it.</summary>
internal sealed class PrivateDirectory : IDisposable
{
    private const string Prefix = "orleansadapter-";

    /// <summary>Makes one, with a name of its own.</summary>
    public PrivateDirectory() => Path = Directory.CreateTempSubdirectory(Prefix).FullName;

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
