using System.Text;

namespace OrleansAdapter.Security;

/// <summary>The secret that all processes of one cluster have, and prove to each other that they have.</summary>
internal sealed class ClusterSecret
{
    /// <summary>The fewest and the most bytes that a file may have for a secret. Whoever is false at one end may try guesses at home.</summary>
    private const int Fewest = 32;
    private const int Most = 4096;

    private readonly byte[] _bytes;

    private ClusterSecret(byte[] bytes) => _bytes = bytes;

    /// <summary>The secret's bytes, as a key.</summary>
    public ReadOnlySpan<byte> Key => _bytes;

    /// <summary>A secret that an option holds.</summary>
    public static ClusterSecret Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a file; white space at the end, as editors leave it, does not count.</summary>
    /// <exception cref="InvalidDataException">It holds no secret, or others may read or change it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    public static ClusterSecret Read(string file)
    {
        PrivateFile.Check(file);
        using var stream = File.OpenRead(file);
        var buffer = new byte[Most + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        var secret = buffer.AsSpan(0, length).TrimEnd(" \t\r\n"u8);
        return secret.Length >= Fewest && length <= Most
            ? new ClusterSecret(secret.ToArray())
            : throw new InvalidDataException(
                $"{file} holds {(length > Most ? $"more than {Most}" : secret.Length)} bytes; a secret has {Fewest} to {Most}, such as "
                + "`openssl rand -base64 48` gives.");
    }

    /// <summary>Says what is wrong with a file; null where it holds a secret.</summary>
    public static string? Error(string file)
    {
        try
        {
            Read(file);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return exception.Message;
        }
    }
}
