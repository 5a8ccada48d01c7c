using System.Text.Json;

namespace OrleansAdapter.Silo.Status;

/// <summary>
/// Where a running primary is found: a file in its run's private directory, with a random name, that only its user can read or make. It goes with the run.
/// </summary>
/// <param name="Pid">The primary's process id.</param>
/// <param name="Port">The front's port.</param>
/// <param name="Status">Where it tells its status.</param>
internal sealed record PrimaryFile(int Pid, int Port, string Status)
{
    private const string Name = "primary.json";

    /// <summary>Writes it.</summary>
    public void Write(string directory)
    {
        // Whoever looks sees all of it or nothing.
        var path = Path.Combine(directory, Name);
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>The files of this user's primaries. One that was killed may have left its own.</summary>
    public static IEnumerable<PrimaryFile> Find()
    {
        foreach (var directory in PrivateDirectory.All())
        {
            PrimaryFile? file = null;
            try
            {
                file = JsonSerializer.Deserialize<PrimaryFile>(File.ReadAllText(Path.Combine(directory, Name)));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
            {
                // Not a primary's, or just going.
            }
            if (file is not null)
            {
                yield return file;
            }
        }
    }
}
