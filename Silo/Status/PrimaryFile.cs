using System.Text.Json;

namespace OrleansAdapter.Silo.Status;

/// <summary>
/// The file by which other processes find a running primary. It lies in the run's private directory, which has a random name and can be read by its user
/// only.
/// </summary>
/// <param name="Pid">The primary's process id.</param>
/// <param name="Port">The front's port.</param>
/// <param name="Status">The socket file where it tells its status.</param>
internal sealed record PrimaryFile(int Pid, int Port, string Status)
{
    private const string Name = "primary.json";

    /// <summary>Writes the file.</summary>
    public void Write(string directory)
    {
        // Whoever looks sees all of it or nothing.
        var path = Path.Combine(directory, Name);
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Finds the files of this user's primaries. One that was killed may have left its file behind.</summary>
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
