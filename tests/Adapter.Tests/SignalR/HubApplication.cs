using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>An application with hubs on a free port, whose server has a directory in this process to itself.</summary>
internal sealed class HubApplication : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster = new();
    private readonly WebApplication _app;

    private HubApplication(Action<IServiceCollection> add, Action<WebApplication> map)
    {
        Directory = new TestDirectory(_cluster.NewDirectory());
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IDirectory>(Directory);
        add(builder.Services);
        _app = builder.Build();
        map(_app);
    }

    /// <summary>The server's directory.</summary>
    public TestDirectory Directory { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts one.</summary>
    /// <param name="add">Adds the application's services.</param>
    /// <param name="map">Maps its hubs.</param>
    public static async Task<HubApplication> StartAsync(Action<IServiceCollection> add, Action<WebApplication> map)
    {
        var application = new HubApplication(add, map);
        await application._app.StartAsync();
        return application;
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _cluster.DisposeAsync();
    }
}
