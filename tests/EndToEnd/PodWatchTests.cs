using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Silo.Kubernetes;

namespace OrleansAdapter.EndToEnd;

/// <summary>What a silo makes of what Kubernetes tells of pods. The API server is one of the test's own, on a port of this machine.</summary>
public sealed class PodWatchTests : IAsyncDisposable
{
    private const string Selector = "orleans/serviceId=chat,orleans/clusterId=blue";

    private readonly Silos _silos = new();
    private readonly TestLog _log = new();
    private FakeKubernetes _kubernetes = null!;
    private PodWatch? _watch;

    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
        {
            await _watch.StopAsync(CancellationToken.None);
            _watch.Dispose();
        }
        if (_kubernetes is not null)
        {
            await _kubernetes.DisposeAsync();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_whose_pod_there_is_not_is_declared_dead_at_the_start_and_no_other()
    {
        _silos.Add("a", "10.0.0.1", "b", "10.0.0.2", "c", "10.0.0.3");
        await BeginAsync(("own", "10.0.0.9"), ("a", "10.0.0.1"));

        await WatchesAsync(1);

        Assert.Equal(["b", "c"], _silos.Dead.All.Select(silo => silo.Pod).Order());
        Assert.Equal(("list", Selector, "", "Bearer token"), _kubernetes.Asked.All[0]);
        Assert.Equal(("watch", Selector, "3", "Bearer token"), _kubernetes.Asked.All[1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_is_declared_dead_when_its_pod_is_deleted_or_has_ended()
    {
        _silos.Add("a", "10.0.0.1", "b", "10.0.0.2", "c", "10.0.0.3");
        await BeginAsync(("own", "10.0.0.9"), ("a", "10.0.0.1"), ("b", "10.0.0.2"), ("c", "10.0.0.3"));
        await WatchesAsync(1);

        _kubernetes.Set("a", "10.0.0.1"); // something of it has changed
        _kubernetes.Delete("own");
        _kubernetes.Delete("b");
        _kubernetes.Set("c", "10.0.0.3", "Failed");

        await _silos.Dead.UntilAsync(2, "two deaths");
        Assert.Equal(["b", "c"], _silos.Dead.All.Select(silo => silo.Pod));
    }

    /// <summary>As with a StatefulSet, whose pods keep their names.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_silo_of_a_pod_that_took_the_name_of_one_that_is_deleted_lives()
    {
        _silos.Add("a", "10.0.0.1", "a", "10.0.0.2", "last", "10.0.0.3");
        await BeginAsync(("own", "10.0.0.9"), ("a", "10.0.0.1"), ("last", "10.0.0.3"));
        await WatchesAsync(1);
        Assert.Equal(IPAddress.Parse("10.0.0.2"), Assert.Single(_silos.Dead.All).Address.Endpoint.Address); // that pod is not there yet

        _silos.Add("a", "10.0.0.4");
        _kubernetes.Delete("a");
        _kubernetes.Set("a", "10.0.0.4");
        _kubernetes.Delete("last");

        await _silos.Dead.UntilAsync(3, "two more deaths");
        Assert.Equal(["10.0.0.2", "10.0.0.1", "10.0.0.3"], _silos.Dead.All.Select(silo => silo.Address.Endpoint.Address.ToString()));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_happened_while_nobody_watched_is_found_in_the_next_list()
    {
        _silos.Add("a", "10.0.0.1");
        await BeginAsync(("own", "10.0.0.9"), ("a", "10.0.0.1"));
        await WatchesAsync(1);

        _kubernetes.Delete("a", told: false);
        _kubernetes.Expire();

        await WatchesAsync(2);
        Assert.Equal("a", Assert.Single(_silos.Dead.All).Pod);
    }

    [Fact(Timeout = 60_000)]
    public async Task Pods_without_the_labels_are_no_deaths_but_a_line_in_the_log()
    {
        _silos.Add("a", "10.0.0.1");
        await BeginAsync();

        var line = await _log.Lines.FirstAsync(line => line.Contains("is asked again", StringComparison.Ordinal), "a warning");

        Assert.Contains("none is this one, own: its template has to have both labels", line);
        Assert.Empty(_silos.Dead.All);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_may_not_read_pods_is_told_which_right_is_missing_and_asks_again()
    {
        _silos.Add("a", "10.0.0.1");
        await BeginAsync(answers: 403, ("own", "10.0.0.9"));
        var line = await _log.Lines.FirstAsync(line => line.Contains("is asked again", StringComparison.Ordinal), "a warning");
        Assert.Contains("answers 403: this pod's service account needs a Role that may get, list and watch pods", line);

        _kubernetes.Answers = 200;

        await _log.Lines.FirstAsync(line => line.Contains("tells again", StringComparison.Ordinal), "the end of that");
        await _silos.Dead.UntilAsync(1, "a death");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_API_server_is_believed_only_with_a_certificate_of_the_accounts_authority(bool isOfAuthority)
    {
        using var authority = Certificate("authority", signer: null);
        using var other = Certificate("authority", signer: null);
        using var server = Certificate("127.0.0.1", isOfAuthority ? authority : other);
        _silos.Add("a", "10.0.0.1");
        _kubernetes = await FakeKubernetes.StartAsync(listen => listen.UseHttps(server));
        _kubernetes.Set("own", "10.0.0.9");
        Watch(PodApi.Client(_kubernetes.Address, [X509CertificateLoader.LoadCertificate(authority.RawData)]));

        if (isOfAuthority)
        {
            await _silos.Dead.UntilAsync(1, "a death");
            return;
        }
        var line = await _log.Lines.FirstAsync(line => line.Contains("is asked again", StringComparison.Ordinal), "a warning");
        Assert.Contains("SSL", line);
        Assert.Equal(0, _kubernetes.Asked.Count);
    }

    private Task BeginAsync(params (string Name, string Address)[] pods) => BeginAsync(200, pods);

    private async Task BeginAsync(int answers, params (string Name, string Address)[] pods)
    {
        _kubernetes = await FakeKubernetes.StartAsync();
        _kubernetes.Answers = answers;
        foreach (var (name, address) in pods)
        {
            _kubernetes.Set(name, address);
        }
        Watch(new HttpClient { BaseAddress = _kubernetes.Address, Timeout = Timeout.InfiniteTimeSpan });
    }

    private void Watch(HttpClient http)
    {
        var api = new PodApi(http, () => "token", "chat", PodApi.SelectorOf("chat", "blue"));
        _watch = new PodWatch(api, "own", _silos, TimeProvider.System, _log);
        _ = _watch.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task WatchesAsync(int times)
    {
        for (var (from, found) = (0, 0); found < times; found++)
        {
            await _kubernetes.Asked.FirstAsync(asked => asked.What == "watch", "a watch", from);
            from = _kubernetes.Asked.All.Index().Skip(from).First(asked => asked.Item.What == "watch").Index + 1;
        }
    }

    private static X509Certificate2 Certificate(string name, X509Certificate2? signer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var (from, to) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        if (signer is null)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            return request.CreateSelfSigned(from, to);
        }
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(signer, from, to, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    private sealed class Silos : IPodSilos
    {
        private readonly List<PodSilo> _all = [];

        public EventLog<PodSilo> Dead { get; } = new("silos");

        public bool IsWatcher => true;

        public void Add(params string[] podsAndAddresses)
        {
            lock (_all)
            {
                _all.AddRange(podsAndAddresses.Chunk(2).Select(pair => new PodSilo(SiloAddress.New(IPAddress.Parse(pair[1]), 11111, 1), pair[0])));
            }
        }

        public Task<IReadOnlyList<PodSilo>> OthersAsync()
        {
            lock (_all)
            {
                return Task.FromResult<IReadOnlyList<PodSilo>>([.. _all]);
            }
        }

        public Task DeclareDeadAsync(PodSilo silo)
        {
            lock (_all)
            {
                _all.Remove(silo);
            }
            Dead.Add(silo);
            return Task.CompletedTask;
        }
    }

    private sealed class TestLog : ILogger<PodWatch>
    {
        public EventLog<string> Lines { get; } = new("log");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
