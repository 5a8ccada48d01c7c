using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansAdapter.Security;

namespace OrleansAdapter;

/// <summary>
/// The files with which connections between silos and clients are encrypted, and both ends known by certificates: PEM, read once, at the start. Who has a
/// certificate of the authority is let in, whatever name is in it, so the authority is to sign for this cluster only.
/// </summary>
public sealed class TlsFiles
{
    /// <summary>This process's certificate, for servers and clients alike, signed by the authority.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>The certificate's private key. Other users may not be able to read it.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The certificate of the authority that has signed those of all processes of the cluster; there may be several.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>Whether connections are encrypted at all.</summary>
    internal bool IsEnabled => CertificateFile is { Length: > 0 } || KeyFile is { Length: > 0 } || AuthorityFile is { Length: > 0 };

    /// <summary>What is wrong with the files: one line each, with the option's name first; nothing where there are none.</summary>
    internal IEnumerable<string> Errors()
    {
        if (!IsEnabled)
        {
            yield break;
        }
        foreach (var (name, file) in new[]
        {
            (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile), (nameof(AuthorityFile), AuthorityFile),
        })
        {
            if (string.IsNullOrEmpty(file))
            {
                yield return $"{name} is not set; the three files are needed together.";
                yield break;
            }
            if (!File.Exists(file))
            {
                yield return $"{name} is {file}; there is no such file.";
                yield break;
            }
        }
        if (Attempt(() => PrivateFile.Check(KeyFile!)) is { } open)
        {
            yield return $"{nameof(KeyFile)}: {open}";
        }
        if (Attempt(() => Certificate().Dispose()) is { } certificate)
        {
            yield return $"{nameof(CertificateFile)} {CertificateFile}, {nameof(KeyFile)} {KeyFile}: {certificate}";
        }
        if (Attempt(() => Authorities()) is { } authority)
        {
            yield return $"{nameof(AuthorityFile)} {AuthorityFile}: {authority}";
        }
    }

    /// <exception cref="CryptographicException">The files hold no certificate and its key.</exception>
    internal X509Certificate2 Certificate() => X509Certificate2.CreateFromPemFile(CertificateFile!, KeyFile!);

    /// <exception cref="CryptographicException">The file holds no certificate.</exception>
    internal X509Certificate2Collection Authorities()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(AuthorityFile!);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("it holds no certificate.");
    }

    private static string? Attempt(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception exception) when (
            exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return exception.Message;
        }
    }
}
