using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter;
using OrleansAdapter.Samples.Emitter;

// Says something in a room of the running system, from a program that has no clients. Where the system is, the environment says, as for a worker:
//
//   OrleansAdapter__Directory__RunDirectory=/tmp/orleansadapter-…     which `./run.sh status` names, where a primary of this user's runs it
//   dotnet Emitter.dll /chat lobby said '{"text":"hello"}'
if (args is not [var @namespace, var room, var @event, .. var arguments])
{
    Console.Error.WriteLine(
        "usage: Emitter NAMESPACE ROOM EVENT [ARGUMENT …]    an argument is JSON, or text where it is no JSON; ROOM '' is the whole namespace");
    return 2;
}
var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
builder.Configuration.AddEnvironmentVariables();
var directory = builder.Configuration.GetSection("OrleansAdapter:Directory");
if (directory["RunDirectory"] is null && !directory.GetSection("Gateways").GetChildren().Any())
{
    Console.Error.WriteLine(
        "Emitter: set OrleansAdapter__Directory__RunDirectory to the run's directory, which `status` names, or Gateways__0, ClusterId and SecretFile there "
        + "(docs/ORLEANS.md)");
    return 2;
}
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true);
builder.AddOrleansAdapter(options => options.ServerName = $"emitter {Environment.ProcessId}");
builder.Services.AddEmitter();
using var host = builder.Build();
await host.StartAsync();

var all = host.Services.GetRequiredService<OrleansAdapter.Emitter>().Of(@namespace);
BroadcastRoot target = room.Length == 0 ? all : all.To(room);
await target.Emit(@event, [.. arguments.Select(Values.Parse)]);
Console.WriteLine($"{@event} was sent to {await target.CountSocketsAsync()} sockets.");

await host.StopAsync();
return 0;
