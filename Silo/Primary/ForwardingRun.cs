using System.Buffers.Text;
using System.Net;
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
    /// <param name="cluster">The cluster of several machines, if it is one: then workers listen where the others reach this machine.</param>
    public ForwardingRun(string directory, ClusterRun? cluster)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Prefix + "SocketDirectory"] = directory,
            [Prefix + "Secret"] = cluster?.Secret ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)),
        };
        if (cluster is not null)
        {
            all[Prefix + "Listen"] = new IPEndPoint(cluster.Address, 0).ToString();
        }
        Environment = all.Where(variable => string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable(variable.Key))).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The environment variables for workers.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }
}
