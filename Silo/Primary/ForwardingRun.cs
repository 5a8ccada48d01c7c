using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// What the workers of one run need to pass requests on to each other: a folder for their socket files, and a secret. What the primary's own environment says of it is left as it is: servers
/// of several machines have one secret, and addresses.
/// </summary>
internal sealed class ForwardingRun
{
    private const string Prefix = "OrleansAdapter__Forwarding__";
    private const int SecretBytes = 32;

    /// <param name="directory">The run's private directory, where the socket files lie.</param>
    public ForwardingRun(string directory)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Prefix + "SocketDirectory"] = directory,
            [Prefix + "Secret"] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)),
        };
        Environment = all.Where(variable => string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable(variable.Key))).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The workers' environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }
}
