using System.Net;
using OrleansAdapter.Silo.Engines;

namespace OrleansAdapter.Silo.Primary;

/// <summary>What the role <c>primary</c> was started with; valid.</summary>
/// <param name="Workers">How many workers.</param>
/// <param name="Port">Worker i listens on Port + i.</param>
/// <param name="Address">Where workers listen.</param>
/// <param name="Engine">What hosts the directory.</param>
/// <param name="Program">What a worker runs.</param>
internal sealed record PrimaryOptions(int Workers, int Port, IPAddress Address, DirectoryEngine Engine, string Program)
{
    /// <summary>Where worker <paramref name="number"/> listens, from 1.</summary>
    public IPEndPoint EndPointOf(int number) => new(Address, Port + number);
}

/// <summary>The primary cannot go on; the message is for whoever started it.</summary>
internal sealed class PrimaryException(string message) : Exception(message);
