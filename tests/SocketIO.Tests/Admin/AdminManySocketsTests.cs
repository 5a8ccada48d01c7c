using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Admin;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Admin;

/// <summary>
/// A server with a hundred thousand sockets under an open page: counted in what is sent, shown and looked at, which does not depend on the machine. The
/// sockets have no connections.
/// </summary>
public sealed class AdminManySocketsTests
{
    private const int Many = 100_000;
    private const int MaxSockets = 1_000;
    private const int MaxEvents = 200;

    [Fact]
    public async Task A_page_sees_some_of_very_many_sockets_is_told_so_and_costs_no_turn_more_than_those_that_are_shown()
    {
        await using var cluster = await AdminCluster.StartAsync(2, dateStands: true);
        var (looking, crowded) = (cluster[0], cluster[1]);
        using var published = new Published(looking, crowded);
        var root = crowded.IO.Cluster.Of("/");
        var looks = new Looks();
        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => root.ConnectAsync(new IdleSocket(root, looks)))).InTimeAsync();
        Assert.Equal((Many, 0, 0, null), (root.HeldSockets, published.Count, looks.Count, root.Watcher));

        await using var page = await AdminPage.OpenAsync(looking);
        var shown = (await page.HearsAsync("all_sockets", told => told[0].GetArrayLength() > 0))[0];
        Assert.Equal(MaxSockets, shown.EnumerateArray().Count(socket => socket.GetProperty("nsp").ValueEquals("/"))); // the page has one as well
        var figures = (await page.HearsAsync("server_stats", told => told[0].GetProperty("shownSockets").GetInt32() == MaxSockets))[0];
        Assert.Contains(
            figures.GetProperty("namespaces").EnumerateArray(),
            one => one.GetProperty("name").ValueEquals("/") && one.GetProperty("socketsCount").GetInt32() == Many);
        var left = await page.HearsAsync("event_sent", told => told[2][0].ValueEquals("(not all is shown)"));
        Assert.Equal($"{MaxSockets} of {Many} sockets are shown (MaxSockets)", left[2][1].GetString());
        Assert.InRange(published.Count, 1, 50);
        Assert.Equal(MaxSockets, looks.Count);

        // To all of them: those that are shown are told of, as many as may be in a second; those that are not are not even left out.
        await crowded.IO.Emit("said", 1).InTimeAsync();
        await page.HearsAsync("server_stats", told => told[0].GetProperty("leftOutEvents").GetInt64() is > 0 and < MaxSockets);
        await page.HearsAsync(
            "event_sent", told => told[2].EnumerateArray().Any(text => text.ToString().EndsWith("(MaxEventsPerSecond)", StringComparison.Ordinal)));
        Assert.All(
            page.Told.Where(told => told[0].ValueEquals("event_sent") && told[3][0].ValueEquals("said"))
                .GroupBy(told => told[4].GetDateTime().Ticks / TimeSpan.TicksPerSecond),
            second => Assert.InRange(second.Count(), 1, MaxEvents));

        looks.Clear();
        await root.SocketsJoinAsync("room").InTimeAsync();
        Assert.Equal(MaxSockets, looks.Count);
        looks.Clear();
        await root.DisconnectSocketsAsync().InTimeAsync();
        Assert.Equal(2 * MaxSockets, looks.Count); // they leave the room, and go
        var gone = 0;
        await page.HearsAsync("socket_disconnected", _ => ++gone == MaxSockets);

        // The whole of it: some news for each that is shown, and nothing for the others.
        Assert.InRange(page.Told.Count, MaxSockets, 7 * MaxSockets);
        Assert.InRange(page.Told.Sum(told => told.Sum(argument => argument.GetRawText().Length)), 1, 2 << 20);
    }

    [Fact]
    public async Task Sockets_that_are_too_large_together_are_left_out_and_the_page_is_told_so()
    {
        const int count = 300;
        await using var cluster = await AdminCluster.StartAsync();
        var root = cluster[0].IO.Cluster.Of("/");
        var data = JsonSerializer.SerializeToUtf8Bytes(new { text = new string('x', SocketJson.Limit - 100) });
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => root.ConnectAsync(new IdleSocket(root, new Looks()) { Data = data }))).InTimeAsync();

        await using var page = await AdminPage.OpenAsync(cluster[0]);

        var shown = (await page.HearsAsync("all_sockets"))[0].GetArrayLength();
        Assert.InRange(shown, 200, count - 1);
        var left = await page.HearsAsync("event_sent", told => told[2][0].ValueEquals("(not all is shown)"));
        Assert.Equal($"{shown} of {count + 1} sockets are shown (all together would be more than 4096 KB)", left[2][1].GetString());
    }

    /// <summary>What servers have published.</summary>
    private sealed class Published : IDisposable
    {
        private readonly MeterListener _listener = new();
        private int _count;

        public Published(params SocketIOHost[] hosts)
        {
            var scopes = hosts.Select(host => (object)host.Services.GetRequiredService<IMeterFactory>()).ToHashSet();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "orleansadapter.publishes" && instrument.Meter.Scope is { } scope && scopes.Contains(scope))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _count, (int)value));
            _listener.Start();
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>How often sockets were looked up: whoever keeps something for each asks for the socket's hash.</summary>
    private sealed class Looks
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);

        public void Clear() => Volatile.Write(ref _count, 0);
    }

    /// <summary>A socket without a connection, which tells who watches it what a front does.</summary>
    private sealed class IdleSocket(Namespace @namespace, Looks looks) : LocalSocket(@namespace.NewSocketId())
    {
        public override int GetHashCode()
        {
            looks.Add();
            return base.GetHashCode();
        }

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        internal override ClientKind Kind => ClientKind.SocketIO("websocket");

        public byte[] Data { get; init; } = [.. "{}"u8];

        internal override void WriteData(Utf8JsonWriter writer, JsonSerializerOptions options) => writer.WriteRawValue(Data);

        internal override void Deliver(Packet packet) => @namespace.Watcher?.Sent(this, packet.Event, packet.Arguments);

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason)
        {
        }
    }
}
