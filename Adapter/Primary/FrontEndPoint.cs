using System.Net;

namespace OrleansAdapter.Primary;

/// <summary>Where connections come from that the primary hands over: an endpoint of Kestrel's without an address of its own.</summary>
internal sealed class FrontEndPoint(bool secure) : EndPoint
{
    /// <summary>Whether they begin with TLS.</summary>
    public bool Secure { get; } = secure;

    public override string ToString() => "primary";
}
