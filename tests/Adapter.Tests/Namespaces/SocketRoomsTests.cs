using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>The rooms of all sockets of a server are looked at in many turns, so that none takes longer with more of them.</summary>
public sealed class SocketRoomsTests
{
    [Theory]
    [InlineData(10, 100, 10)]
    [InlineData(1_000, 100, 1)]
    [InlineData(0, 100, 100)]
    public void A_turn_looks_at_a_bounded_number_of_memberships(int roomsOfEach, int memberships, int perTurn)
    {
        const int Count = 1_000;
        var all = new LocalSockets();
        for (var i = 1ul; i <= Count; i++)
        {
            var socket = new TestSocket(SocketId.FromParts(ServerId.FromBits(0x1001), i));
            all.Add(socket);
            for (var room = 0; room < roomsOfEach; room++)
            {
                all.Join(socket, Room.Named($"r{room}"));
            }
        }
        LocalSocket[] sockets = [.. all.All];
        HashSet<string> rooms = [];
        var (next, turns) = (0, 0);

        while (next < Count)
        {
            next = SocketRooms.Gather(rooms, sockets, next, memberships);
            turns++;
        }

        Assert.Equal(Count, next);
        Assert.Equal(Count / perTurn, turns);
        Assert.Equal(roomsOfEach, rooms.Count);
    }
}
