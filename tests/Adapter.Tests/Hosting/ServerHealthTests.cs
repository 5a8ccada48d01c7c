using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.Hosting;

public sealed class ServerHealthTests : IAsyncLifetime
{
    private readonly InProcessTestCluster _engine = new();
    private readonly LaterTime _time = new();
    private TestDirectory _directory = null!;
    private ServiceProvider _services = null!;

    public ValueTask InitializeAsync()
    {
        _directory = new TestDirectory(_engine.NewDirectory());
        var services = new ServiceCollection();
        services.AddSingleton<IDirectory>(_directory);
        services.AddSingleton<TimeProvider>(_time);
        services.AddLogging();
        services.AddOrleansAdapter(options =>
        {
            (options.HeartbeatTimeout, options.LeaseRenewal) = (TimeSpan.FromHours(1), TimeSpan.FromSeconds(3));
            options.Namespaces.Add("/quiet");
        });
        services.AddHealthChecks().AddOrleansAdapter("directory");
        _services = services.BuildServiceProvider();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_server_is_unhealthy_while_a_home_is_not_heard_and_the_result_says_which_and_since_when()
    {
        await _services.GetRequiredService<ThisServer>().StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);

        _directory.IsCutOff = true;
        _time.Pass(TimeSpan.FromSeconds(8));

        var result = await CheckAsync();
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Matches(
            @"^The directory is silent: nothing was heard of /quiet since \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ \(\d+ s\)\. Check that its silo runs",
            result.Description);
        var seconds = int.Parse(result.Description!.Split(" (")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(seconds, 8, 8 + InTime.Limit.TotalSeconds);

        _directory.IsCutOff = false;
        while ((await CheckAsync()).Status != HealthStatus.Healthy)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_server_that_has_not_registered_says_in_which_namespaces()
    {
        _services.GetRequiredService<ThisServer>().Of("/new");

        var result = await CheckAsync();

        Assert.Equal((HealthStatus.Unhealthy, "Not registered yet: /new"), (result.Status, result.Description));
    }

    private async Task<HealthReportEntry> CheckAsync() =>
        (await _services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken).InTimeAsync()).Entries["directory"];
}
