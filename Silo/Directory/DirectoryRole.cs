using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansAdapter.Grains;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Kubernetes;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.Silo;

/// <summary>The role <c>directory</c>: hosts the directory until it is told to stop.</summary>
internal static class DirectoryRole
{
    /// <summary>The setting with the silo's name, in the section that only it reads.</summary>
    public const string SiloName = "Name";

    /// <summary>The setting with the id of the server that the silo's doors are: that of the process, by which its death is reported.</summary>
    public const string Door = "Door";

    /// <summary>The setting with the namespace of the silo's pod, where it is in one.</summary>
    public const string PodNamespace = "PodNamespace";

    public static async Task<int> RunAsync(bool colocated, bool firstStart)
    {
        if (Environment.GetEnvironmentVariable(DirectoryRun.DashboardVariable) is { Length: > 0 } dashboard)
        {
            return await DirectoryDashboard.RunAsync(IPEndPoint.Parse(dashboard), builder => Configure(builder, colocated, firstStart));
        }
        // Not the defaults: they read appsettings.json of whatever directory this was started in.
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        Configure(builder, colocated, firstStart);
        using var host = builder.Build();
        await host.RunAsync();
        return 0;
    }

    private static void Configure(IHostApplicationBuilder builder, bool colocated, bool firstStart)
    {
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        AddDirectory(builder, colocated, firstStart);
        builder.Services.AddSupervision(terminable: false);
        builder.AddOrleansAdapterExport(Environment.GetEnvironmentVariable(DirectoryRun.ProcessNameVariable) ?? "directory");
        if (SupervisionContract.IsSupervised && Environment.GetEnvironmentVariable(SupervisionContract.RunDirectory) is { } directory)
        {
            // The primary made it for this run, and may be gone. However this process ends, also before it has started.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => PrivateDirectory.Remove(directory);
        }
    }

    private static void AddDirectory(IHostApplicationBuilder builder, bool colocated, bool firstStart)
    {
        var section = builder.Configuration.GetSection(DirectoryRun.Section);
        var options = new DirectoryClusterOptions();
        Bind(section, options);
        Bind(builder.Configuration.GetSection(DirectoryRun.SiloSection), options);
        options.SiloName = builder.Configuration[$"{DirectoryRun.SiloSection}:{SiloName}"];
        foreach (var (port, name) in new[] { (options.SiloPort, nameof(options.SiloPort)), (options.GatewayPort, nameof(options.GatewayPort)) })
        {
            if (port is <= 0 or > IPEndPoint.MaxPort)
            {
                throw new OptionsException($"{DirectoryRun.SiloSection}:{name} is {port}; the primary sets it to a port when it starts this role");
            }
        }
        builder.Services.AddOrleansDirectorySilo(options, directory =>
        {
            Bind(section, directory);

            // With several silos a namespace's home may have been on another one.
            directory.FirstStart = firstStart && !colocated && !options.IsClustered;
        });
        var silo = builder.Configuration.GetSection(DirectoryRun.SiloSection);
        builder.Services.AddRoomDoor(door => (door.ServerName, door.ServerId) = ("doors of the directory", silo[Door]));
        if (silo[PodNamespace] is { Length: > 0 } @namespace)
        {
            builder.Services.AddSingleton(PodApi.InCluster(@namespace, PodApi.SelectorOf(options.ServiceId, options.ClusterId), TimeProvider.System));
            builder.Services.AddSingleton<IPodSilos, PodSilos>().AddHostedService<PodWatch>();
        }
    }

    private static void Bind(IConfigurationSection section, object options)
    {
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException exception)
        {
            // It names the setting.
            throw new OptionsException(exception.Message.TrimEnd('.'));
        }
    }
}
