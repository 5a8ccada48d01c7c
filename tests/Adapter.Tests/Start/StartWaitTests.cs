using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO.Tests;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.Start;

/// <summary>A start that waits says what for: after 3 s, and then every minute.</summary>
public sealed class StartWaitTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private readonly InProcessTestCluster _cluster = new();
    private readonly TestDirectory _directory;
    private readonly ServiceProvider _services;
    private readonly ThisServer _server;

    public StartWaitTests()
    {
        _directory = new TestDirectory(_cluster.NewDirectory());
        _services = new ServiceCollection().AddLogging(logging => logging.AddProvider(_log))
            .AddSingleton<TimeProvider>(_time)
            .AddSingleton<IDirectory>(_directory)
            .AddOrleansAdapter(options =>
            {
                options.Namespaces.Add("/one");
                options.Namespaces.Add("/two");
                options.RequestsTimeout = TimeSpan.FromMinutes(2);
            })
            .BuildServiceProvider();
        _server = _services.GetRequiredService<ThisServer>();
    }

    /// <summary>On a busy machine, others may be logged as well.</summary>
    private string[] Warnings =>
        [.. _log.Lines.Select(line => line.Text).Where(text => text.StartsWith("This server waits", StringComparison.Ordinal))];

    [Fact]
    public async Task For_its_registration()
    {
        _directory.Loses = true;
        var start = _server.StartAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Empty(Warnings);

        await PassAsync(TimeSpan.FromSeconds(0.2), 1);
        Assert.StartsWith("This server waits for the directory to let it into /one, /two, for 3 s so far", Warnings[0], StringComparison.Ordinal);
        await PassAsync(TimeSpan.FromSeconds(60), 2);
        await PassAsync(TimeSpan.FromSeconds(60), 3);
        Assert.False(start.IsCompleted);

        _directory.Loses = false;
        await PassUntilAsync(TimeSpan.FromMilliseconds(100), () => start.IsCompleted);
        await start;
    }

    [Fact]
    public async Task For_the_list_of_servers_which_it_goes_on_without_in_the_end()
    {
        _directory.IsUnlisted = true;
        var start = _server.StartAsync(TestContext.Current.CancellationToken);
        await InTime.UntilAsync(() => _directory.Listings > 0);
        _time.Advance(TimeSpan.FromSeconds(2));
        var looks = _directory.Listings;
        await PassUntilAsync(TimeSpan.FromMilliseconds(1), () => _directory.Listings > looks + 1);
        Assert.Empty(Warnings);

        await PassUntilAsync(TimeSpan.FromMilliseconds(20), () => Warnings.Length > 0);
        Assert.Matches(
            $"^This server waits until the directory's list has the servers {_server.Process}, for \\d+ s so far; after 00:02:00 it starts "
            + "without\\. Check that", Warnings[0]);
        Assert.False(start.IsCompleted);

        await PassUntilAsync(TimeSpan.FromSeconds(1), () => start.IsCompleted);
        await start;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private Task PassUntilAsync(TimeSpan step, Func<bool> condition) => InTime.UntilAsync(() =>
    {
        _time.Advance(step);
        return condition();
    });

    /// <summary>Lets time pass in small steps, each of which others may make use of, until so many warnings have come.</summary>
    private async Task PassAsync(TimeSpan time, int warnings)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(100))
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        await InTime.UntilAsync(() => Warnings.Length >= warnings);
        Assert.Equal(warnings, Warnings.Length);
    }
}
