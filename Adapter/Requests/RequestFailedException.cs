namespace OrleansAdapter;

/// <summary>A server could not answer a request, and said why.</summary>
public sealed class RequestFailedException(ServerId server, string error) : Exception($"Server {server} could not answer: {error}")
{
    /// <summary>The server.</summary>
    public ServerId Server { get; } = server;
}

/// <summary>A request was refused before anything was sent, because too many are under way.</summary>
public sealed class TooManyRequestsException(int limit)
    : Exception($"{limit} requests of this server are under way (MaximumPendingRequests); the request was refused. Nothing was sent: try again later.");
