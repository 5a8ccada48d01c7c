namespace OrleansAdapter.SocketIO;

/// <summary>How many dynamic namespaces that one connection brought into being are still there. Changed under the server's lock.</summary>
internal sealed class NamespaceQuota
{
    public int Made { get; set; }
}
