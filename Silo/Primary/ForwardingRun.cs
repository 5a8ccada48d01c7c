using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// What the workers of one run need to pass requests on to each other: a folder for their socket files, and a secret. Settings in the primary's own
/// environment take precedence, for clusters of several machines.
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

    /// <summary>The environment variables for workers.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }
}
