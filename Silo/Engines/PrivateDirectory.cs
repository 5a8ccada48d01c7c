namespace OrleansAdapter.Silo.Engines;

/// <summary>A directory for the socket files of one run, which only this user can enter.</summary>
internal static class PrivateDirectory
{
    private const string Prefix = "orleansadapter-";

    /// <summary>Makes one with mode 700 and a name of its own.</summary>
    public static string Create() => Directory.CreateTempSubdirectory(Prefix).FullName;

    /// <summary>Removes one with all that is in it, where it is still there. Nothing else is ever removed, whatever the path.</summary>
    public static void Remove(string path)
    {
        if (!Path.GetFileName(path).StartsWith(Prefix, StringComparison.Ordinal))
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
}
