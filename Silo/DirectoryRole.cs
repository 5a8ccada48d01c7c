using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansAdapter.Grains.Supervision;
using OrleansAdapter.Silo.Engines;

namespace OrleansAdapter.Silo;

/// <summary>The role <c>directory</c>: hosts the directory until it is told to stop.</summary>
internal static class DirectoryRole
{
    public static async Task<int> RunAsync(DirectoryEngine engine, bool firstStart)
    {
        // Not the defaults: they read appsettings.json of whatever directory this was started in.
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        engine.AddDirectory(builder, firstStart);
        builder.Services.AddSupervision(terminable: false);
        using var host = builder.Build();
        await host.RunAsync();
        if (SupervisionContract.IsSupervised && Environment.GetEnvironmentVariable(SupervisionContract.RunDirectory) is { } directory)
        {
            // The primary made it for this run, and may be gone.
            PrivateDirectory.Remove(directory);
        }
        return 0;
    }
}
