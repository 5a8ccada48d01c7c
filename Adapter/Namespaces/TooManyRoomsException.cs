namespace OrleansAdapter;

/// <summary>
/// A socket did not join a room, because it is in <see cref="OrleansAdapterOptions.MaxRoomsPerSocket"/> rooms already. Leave some, or raise the option.
/// </summary>
public sealed class TooManyRoomsException(SocketId socket, int limit)
    : InvalidOperationException(
        $"Socket {socket} is in {limit} rooms already, the most that one socket may be in (MaxRoomsPerSocket); it did not join another one.")
{
    /// <summary>The socket.</summary>
    public SocketId Socket { get; } = socket;
}
