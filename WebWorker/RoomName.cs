using System.Text.Json;
using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.WebWorker;

/// <summary>Reads the names of rooms. Taken as JSON, so that one that is no string at all gets an error that says so, and not SignalR's general one.</summary>
internal static class RoomName
{
    /// <exception cref="HubException">It is no string, or not valid Unicode. What else a name has to be, the adapter says.</exception>
    public static string Read(JsonElement room)
    {
        if (room.ValueKind != JsonValueKind.String)
        {
            throw new HubException($"A room name must be a string, and not {room.ValueKind}.");
        }
        try
        {
            return room.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new HubException("The room name is not valid Unicode: it has a lone surrogate.", exception);
        }
    }
}
