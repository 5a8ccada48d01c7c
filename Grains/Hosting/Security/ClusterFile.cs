using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansAdapter.Grains;

/// <summary>
/// The file in a run's private directory by which other processes of the same user find the run's Orleans cluster, and the secret that lies beside it.
/// </summary>
/// <param name="ClusterId">The cluster's id.</param>
/// <param name="ServiceId">The service's id.</param>
/// <param name="Gateways">The gateways of its silos.</param>
/// <param name="SecretFile">The file with its secret.</param>
internal sealed record ClusterFile(string ClusterId, string ServiceId, string[] Gateways, string SecretFile)
{
    private const string Name = "cluster.json";
    private const string SecretName = "secret";
    private const int SecretBytes = 48;

    /// <summary>Draws a secret, and writes it into a file that only this user can read; returns its path.</summary>
    public static string DrawSecret(string directory)
    {
        var path = Path.Combine(directory, SecretName);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)));
        return path;
    }

    /// <summary>Writes the file into a run's directory.</summary>
    public void Write(string directory)
    {
        // Whoever looks sees all of it or nothing.
        var path = Path.Combine(directory, Name);
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Reads the file of a run's directory.</summary>
    /// <exception cref="InvalidDataException">There is no run, it is another user's, or the file is not a run's; the text says which.</exception>
    public static ClusterFile Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize<ClusterFile>(File.ReadAllText(Path.Combine(directory, Name)))
                ?? throw new InvalidDataException($"{directory} has an empty {Name}.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"no cluster runs in {directory}: there is no {Name}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidDataException($"the run in {directory} cannot be joined: {exception.Message}", exception);
        }
    }
}
