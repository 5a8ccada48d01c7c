using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.SignalR;

/// <summary>
/// Turns SignalR's names into keys. What is wrong with one is a <see cref="HubException"/>: its message reaches the client that called the hub.
/// </summary>
internal static class HubTargets
{
    public static Room Group(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Checked(Room.Named, name);
    }

    public static Room[] Groups(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return [.. names.Select(Group)];
    }

    public static Room User(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Checked(Room.OfUser, id);
    }

    public static Room[] Users(IReadOnlyList<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return [.. ids.Select(User)];
    }

    /// <summary>The socket of a connection's id; none where it is no id of any server.</summary>
    public static SocketId[] Socket(string connectionId)
    {
        ArgumentNullException.ThrowIfNull(connectionId);
        return SocketId.TryParse(connectionId, out var id) ? [id] : [];
    }

    /// <summary>The sockets of connections' ids. What is no id of any server is left out: there is no such connection.</summary>
    public static SocketId[] Sockets(IReadOnlyList<string> connectionIds)
    {
        ArgumentNullException.ThrowIfNull(connectionIds);
        List<SocketId> ids = new(connectionIds.Count);
        foreach (var text in connectionIds)
        {
            if (SocketId.TryParse(text, out var id))
            {
                ids.Add(id);
            }
        }
        return [.. ids];
    }

    private static Room Checked(Func<string, Room> room, string name)
    {
        try
        {
            return room(name);
        }
        catch (ArgumentException exception)
        {
            throw new HubException(WithoutParameter(exception), exception);
        }
    }

    /// <summary>The message for people: .NET adds the parameter's name to it, which means nothing to a client.</summary>
    public static string WithoutParameter(ArgumentException exception)
    {
        var suffix = $" (Parameter '{exception.ParamName}')";
        return exception.Message.EndsWith(suffix, StringComparison.Ordinal) ? exception.Message[..^suffix.Length] : exception.Message;
    }
}
