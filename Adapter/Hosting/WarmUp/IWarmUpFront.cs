using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.Hosting;

/// <summary>
/// A front's part in warming up: what it serves while that goes on, and how a client speaks to it over a WebSocket. Each client is put into the room that
/// <see cref="WarmUpRooms"/> gives out, and what it says goes to all in there, as the text <see cref="Said"/> in bytes that otherwise hold it nowhere.
/// </summary>
internal interface IWarmUpFront
{
    /// <summary>What every member of a room hears once for each thing that is said there.</summary>
    static ReadOnlySpan<byte> Said => "\"said\""u8;

    /// <summary>Whether somebody listens to traces that would show what it does, and that cannot be kept from them: then it is not warmed.</summary>
    bool IsTraced { get; }

    /// <summary>What the WebSocket is asked for.</summary>
    string Path { get; }

    /// <summary>What the client hears before it greets; empty where it greets at once.</summary>
    string Opening { get; }

    /// <summary>What it says then, a message of text.</summary>
    string Greeting { get; }

    /// <summary>What it hears when it has been let in.</summary>
    string Welcome { get; }

    /// <summary>What it says to the others in its room, a message of text.</summary>
    string Saying { get; }

    /// <summary>Adds the front to the services of the warm-up.</summary>
    void Add(IServiceCollection services);

    /// <summary>Maps it at <see cref="Path"/>.</summary>
    void Map(IEndpointRouteBuilder endpoints);
}

/// <summary>The rooms of a warm-up: clients are given one after the other in turn, so that all rooms are of the same size.</summary>
internal sealed class WarmUpRooms
{
    /// <summary>How many there are.</summary>
    public const int Count = 2;

    private int _given;

    /// <summary>The room of the next client of a front.</summary>
    public string Next() => $"room-{(uint)Interlocked.Increment(ref _given) % Count}";
}
