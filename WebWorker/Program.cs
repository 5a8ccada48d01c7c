using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.SocketIO;
using OrleansAdapter.WebWorker;
using OrleansAdapter.WebWorker.Page;

const int failure = 1;
const int wrongOptions = 2;

try
{
    // The page and the settings lie next to the program, which may be started from anywhere.
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    // A reader of the log that stops must not stop the program.
    builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
    builder.Services.Configure<SocketTransportOptions>(builder.Configuration.GetSection("SocketTransport"));
    builder.AddOrleansAdapter(options => options.MapHub<ChatHub>("/"));
    builder.AddOrleansAdapterExport();
    builder.Services.AddRoomDoor();
    builder.Services.AddSingleton<ClusterErrors>();
    builder.Services.AddSingleton<Operations>();
    builder.Services.AddSingleton<Cluster>();
    builder.Services.AddSingleton<PageRooms>();
    builder.Services
        .AddSignalR(hub =>
        {
            hub.MaximumReceiveMessageSize = 1 << 20;
            hub.MaximumParallelInvocationsPerClient = 16;
            hub.AddFilter<ClusterErrors>();
        })
        .AddOrleansAdapter();
    builder.Services.AddSocketIO();
    // Where somebody said who may use it: the primary does with --observe.
    var hasAdmin = builder.Configuration.GetSection("SocketIO:Admin").Exists();
    if (hasAdmin)
    {
        builder.Services.AddSocketIOAdmin();
    }

    await using var app = builder.Build();
    PageFiles.Map(app);
    app.MapHub<ChatHub>("/hub");
    app.MapSocketIO("/socket.io");
    app.MapSocketIO("/socket.io-msgpack", SocketIOParser.MessagePack);
    if (hasAdmin)
    {
        app.MapSocketIOAdmin();
    }
    var io = app.Services.GetRequiredService<SocketIOServer>();
    ChatSockets.Map(io, app.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>());
    OperationSockets.Map(io, app.Services.GetRequiredService<Operations>());
    PageSockets.Map(io, app.Services.GetRequiredService<PageRooms>(), app.Services.GetRequiredService<Cluster>());
    app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false });
    app.MapHealthChecks("/healthz/ready");
    await app.RunAsync();
    return 0;
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    // Kestrel's message names the address.
    Console.Error.WriteLine($"WebWorker: {exception.Message} Choose another one with --urls.");
    return failure;
}
catch (DirectoryRefusedException exception)
{
    Console.Error.WriteLine($"WebWorker: {exception.Message}");
    return failure;
}
catch (OptionsValidationException exception)
{
    Console.Error.WriteLine($"WebWorker: {exception.Message}");
    return wrongOptions;
}
