using System.Text.Json;

namespace OrleansAdapter.Bench.Directory;

/// <summary>What a <see cref="Child"/> does.</summary>
internal static class Roles
{
    public static async Task<int> RunAsync(string role, string address)
    {
        var end = Task.Run(Console.In.ReadToEnd);
        switch (role)
        {
            case "silo":
                await HostAsync(address, end);
                return 0;
            case "receiver":
                await ReceiveAsync(address, [Load.Room], end);
                return 0;
            case "rooms":
                await ReceiveAsync(address, Enumerable.Range(0, Load.Rooms).Select(Load.RoomOf), end);
                return 0;
            default:
                return 2;
        }
    }

    private static async Task HostAsync(string address, Task end)
    {
        using var silo = await Cluster.StartSiloAsync(address);
        Say("ready");
        await end;
        await silo.StopAsync(new CancellationToken(canceled: true));
    }

    /// <summary>A server with one member, which is in these rooms. It says what the member saw of each load.</summary>
    private static async Task ReceiveAsync(string address, IEnumerable<string> rooms, Task end)
    {
        await using var server = await Cluster.StartServerAsync(address);
        var receiver = await server.ReceiveAsync(rooms);
        var next = Next(receiver);
        Say("ready");
        while (await Task.WhenAny(end, next) != end)
        {
            await next;
            next = Next(receiver);
            Say(Result.Of(receiver));
        }
    }

    private static Task Next(Receiver receiver)
    {
        receiver.End = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return receiver.End.Task;
    }

    private static void Say<T>(T what) => Console.WriteLine(JsonSerializer.Serialize(what));
}
