using Orleans;

namespace OrleansAdapter;

/// <summary>
/// A server of the cluster, for services that have an Orleans client. Its key is the text of the server's <see cref="ServerId.Process"/>, which the id of
/// every socket names: <c>socket.Server.Process</c>.
/// </summary>
[Alias("OrleansAdapter.IServerGrain")]
public interface IServerGrain : IGrainWithStringKey
{
    /// <summary>Returns what the server last said of itself; null where no such server has been heard of lately.</summary>
    [Alias("Describe")]
    Task<ServerInformation?> DescribeAsync();
}

/// <summary>What a server says of itself.</summary>
/// <param name="Name">Its name for people.</param>
/// <param name="Started">When its process started.</param>
/// <param name="Sockets">How many sockets it holds, in all namespaces.</param>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.ServerInformation")]
public sealed record ServerInformation([property: Id(0)] string Name, [property: Id(1)] DateTimeOffset Started, [property: Id(2)] int Sockets);
