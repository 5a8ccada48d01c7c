using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansAdapter.Grains.Local;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

public sealed class LocalDirectoryServicesTests
{
    [Fact]
    public async Task Without_a_socket_path_the_directory_runs_in_this_process()
    {
        await using var services = new ServiceCollection().AddLogging().AddLocalDirectory().BuildServiceProvider();
        var directory = services.GetRequiredService<IDirectory>();
        var server = new TestServer(directory);

        await directory.StartAsync(server.Life.Process, server, TestContext.Current.CancellationToken);
        await server.DescribeAsync();
        var life = await server.RegisterAsync("/");
        await life.JoinAsync("a");
        await life.PublishAsync("a", "alone");

        Assert.Equal("local", directory.Engine);
        Assert.Equal(["alone"], await life.TakeTextsAsync(1));
    }

    [Fact]
    public async Task With_a_socket_path_the_directory_is_reached_there()
    {
        using var folder = new SocketFolder();
        await using var server = DirectoryServer.Start(new DirectoryServerOptions { SocketPath = folder.SocketPath, Secret = SocketFolder.Secret });
        await using var services = new ServiceCollection().AddLogging().AddLocalDirectory(options =>
        {
            options.SocketPath = folder.SocketPath;
            options.Secret = SocketFolder.Secret;
        }).BuildServiceProvider();
        var directory = services.GetRequiredService<IDirectory>();
        var receiver = new TestServer(directory);

        await directory.StartAsync(receiver.Life.Process, receiver, TestContext.Current.CancellationToken);
        await receiver.DescribeAsync();

        Assert.IsType<LinkDirectory>(directory);
    }

    [Fact]
    public async Task A_disposed_directory_says_that_it_is()
    {
        var services = new ServiceCollection().AddLogging().AddLocalDirectory().BuildServiceProvider();
        var directory = services.GetRequiredService<IDirectory>();
        var server = new TestServer(directory);
        await directory.StartAsync(server.Life.Process, server, TestContext.Current.CancellationToken);

        await services.DisposeAsync();
        server.Describe();

        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.ServersAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_wrong_option_stops_the_host_at_its_start_and_is_named(string option, Action<LocalDirectoryOptions> mistake)
    {
        using var host = new HostBuilder().ConfigureServices(services => services.AddLocalDirectory(options =>
        {
            options.SocketPath = "/tmp/somewhere/directory.sock";
            options.Secret = "secret";
            mistake(options);
        })).Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains($"LocalDirectoryOptions.{option} ", Assert.Single(error.Failures));
    }

    public static TheoryData<string, Action<LocalDirectoryOptions>> Mistakes() => new()
    {
        { "SocketPath", options => options.SocketPath = "" },
        { "SocketPath", options => options.SocketPath = "/tmp/" + new string('x', 100) },
        { "Secret", options => options.Secret = "" },
        { "Secret", options => options.Secret = new string('x', 513) },
        { "Link.MaximumMessageBytes", options => options.Link.MaximumMessageBytes = 1000 },
        { "Link.MaximumMessageBytes", options => options.Link.MaximumMessageBytes = long.MaxValue },
        { "Link.MaximumQueuedBytes", options => options.Link.MaximumQueuedBytes = 0 },
        { "Link.GreetingTimeout", options => options.Link.GreetingTimeout = TimeSpan.Zero },
        { "Link.RequestTimeout", options => options.Link.RequestTimeout = TimeSpan.Zero },
        { "Rooms.Lease", options => (options.SocketPath, options.Rooms) = (null, new RoomsOptions { Lease = 0 }) },
        { "Servers.BatchBytes", options => (options.SocketPath, options.Servers) = (null, new ServersOptions { BatchBytes = -1 }) },
    };

    [Fact]
    public void A_directory_server_names_its_wrong_options_too()
    {
        var error = Assert.Throws<OptionsValidationException>(() => DirectoryServer.Start(new DirectoryServerOptions { SocketPath = "/tmp/x/d.sock", Secret = "" }));

        Assert.Contains("DirectoryServerOptions.Secret", Assert.Single(error.Failures));
    }

    [Fact]
    public async Task The_meter_tells_of_epochs_operations_and_bytes()
    {
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == Telemetry.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, before) => before + value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, before) => before + value));
        listener.Start();

        await using var cluster = new LinkCluster();
        var server = await cluster.NewServerAsync();
        await server.DescribeAsync();
        var life = await server.RegisterAsync("/");
        await life.JoinAsync("a");
        string[] expected = ["directory.epochs", "directory.operations", "directory.servers", "directory.lives", "directory.number", "directory.rooms", "link.sent", "link.received"];

        await Wait.UntilAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                return Task.FromResult(string.Join(' ', expected.Where(name => seen.GetValueOrDefault($"orleansadapter.{name}") <= 0)));
            },
            missing => missing.Length == 0,
            "instruments that tell nothing");
    }
}
