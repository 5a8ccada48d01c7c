using OrleansAdapter.Grains;

namespace OrleansAdapter.Bench.Scale;

/// <summary>What a home keeps for each room that has members on a server, however many they are.</summary>
internal sealed class HomeMemory : IHomeOutput
{
    private const int Servers = 100;
    private const int Rooms = 1_000;

    private readonly Dictionary<ServerId, long> _sessions = [];

    /// <summary>Bytes for each room and server: of rooms that each have members on one server, and of rooms that have some on all.</summary>
    public static (double Own, double Shared) Measure() => (MeasureRooms(shared: false), MeasureRooms(shared: true));

    private static double MeasureRooms(bool shared)
    {
        var output = new HomeMemory();
        var home = new Home(new HomeOptions(), output, new Random(1), epoch: 1, firstStart: true);
        var lives = Enumerable.Range(1, Servers).Select(number => ServerId.FromBits(((ulong)number << 12) | 1)).ToArray();
        foreach (var life in lives)
        {
            home.Receive(new Register { Life = life, Epoch = home.Epoch }, now: 1);
        }
        var before = Heap();
        foreach (var life in lives)
        {
            var of = shared ? "" : life.ToString();
            home.Receive(
                new Submit
                {
                    Life = life,
                    Epoch = home.Epoch,
                    Session = output._sessions[life],
                    First = 1,
                    Operations = [.. Enumerable.Range(0, Rooms).Select(number => Operation.Own(Room.Named($"room-{number}{of}"), member: true, asOf: 0))],
                },
                now: 1);
        }
        var bytes = Heap() - before;
        GC.KeepAlive(home);
        return bytes / (double)(Servers * Rooms);
    }

    private static long Heap()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        if (message is Registered)
        {
            _sessions[to] = message.Session;
        }
    }

    void IHomeOutput.Removed(ServerId life, RemovalReason reason)
    {
    }

    void IHomeOutput.Opened(OpenSummary summary)
    {
    }
}
