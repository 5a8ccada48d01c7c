using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Bench.Directory;

/// <summary>What a <see cref="Child"/> does.</summary>
internal static partial class Roles
{
    public const string Secret = "bench";

    public static async Task<int> RunAsync(string role, string socket)
    {
        var end = Task.Run(Console.In.ReadToEnd);
        switch (role)
        {
            case "host":
                await using (DirectoryServer.Start(new DirectoryServerOptions { SocketPath = socket, Secret = Secret, FirstStart = true }))
                {
                    Say("ready");
                    await end;
                }
                return 0;
            case "receiver":
                await ReceiveAsync(socket, end);
                return 0;
            default:
                Task<int>? more = null;
                RunOrleans(role, socket, end, ref more);
                return more is null ? 2 : await more;
        }
    }

    /// <summary>The Orleans engine's roles. Implemented in a folder named Orleans/, and so only where the build has it.</summary>
    static partial void RunOrleans(string role, string address, Task end, ref Task<int>? run);

    private static async Task ReceiveAsync(string socket, Task end)
    {
        await using var server = await BenchServer.StartAsync(services => services.AddLocalDirectory(options => (options.SocketPath, options.Secret) = (socket, Secret)));
        await ReceiveAsync(server, end);
    }

    private static async Task ReceiveAsync(BenchServer server, Task end)
    {
        var receiver = await server.ReceiveAsync();
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
