using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Which namespace a hub is.</summary>
public sealed class HubMappingTests : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster = new();

    [Fact]
    public async Task A_hubs_namespace_is_the_name_of_its_type() => Assert.Equal("/FirstHub", await NameAsync(_ => { }));

    [Theory]
    [InlineData("/chat")]
    [InlineData("chat")]
    public async Task A_hub_can_be_given_another_namespace(string name) => Assert.Equal("/chat", await NameAsync(options => options.MapHub<FirstHub>(name)));

    [Fact]
    public void A_mapped_namespace_is_registered_at_start()
    {
        var options = new OrleansAdapterOptions();
        options.MapHub<FirstHub>("chat");
        Assert.Contains("/chat", options.Namespaces);
    }

    [Fact]
    public async Task Two_hubs_cannot_be_one_namespace()
    {
        await using var services = Services(options => options.MapHub<FirstHub>("/chat").MapHub<ThirdHub>("/chat"));
        _ = services.GetRequiredService<HubLifetimeManager<FirstHub>>();
        var error = Assert.Throws<InvalidOperationException>(services.GetRequiredService<HubLifetimeManager<ThirdHub>>);
        Assert.Contains(nameof(FirstHub), error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(ThirdHub), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_was_given_a_lifetime_manager_of_its_own_keeps_it()
    {
        await using var services = Services(_ => { });
        Assert.IsType<DefaultHubLifetimeManager<SecondHub>>(services.GetRequiredService<HubLifetimeManager<SecondHub>>());
        Assert.IsType<OrleansHubLifetimeManager<FirstHub>>(services.GetRequiredService<HubLifetimeManager<FirstHub>>());
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    private async Task<string> NameAsync(Action<OrleansAdapterOptions> configure)
    {
        await using var services = Services(configure);
        return services.GetRequiredService<IHubNamespace<FirstHub>>().Namespace.Name;
    }

    private ServiceProvider Services(Action<OrleansAdapterOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(_cluster.NewDirectory());
        services.AddSignalR().AddOrleansAdapter(configure);
        services.AddSingleton<HubLifetimeManager<SecondHub>, DefaultHubLifetimeManager<SecondHub>>();
        return services.BuildServiceProvider();
    }

    public sealed class FirstHub : Hub;

    public sealed class SecondHub : Hub;

    public sealed class ThirdHub : Hub;
}
