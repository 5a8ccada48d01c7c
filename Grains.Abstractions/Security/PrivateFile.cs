namespace OrleansAdapter.Security;

/// <summary>Files that hold secrets.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Others =
        UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Refuses a file that others than its user and group may read, or others than its user change.</summary>
    /// <exception cref="InvalidDataException">It is such a one.</exception>
    public static void Check(string file)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != 0)
        {
            throw new InvalidDataException($"{file} can be read by every user of this machine, or changed by others than its owner: chmod 600 it.");
        }
    }
}
