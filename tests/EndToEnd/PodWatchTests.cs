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
    private readonly HastyTime _time = new();
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
        _silos.Add("a", "b", "c");
        await BeginAsync("own", "a");

        await WatchesAsync(1);

        Assert.Equal(["b", "c"], _silos.Dead.All.Select(silo => silo.Pod.Name).Order());
        Assert.Equal(("list", Selector, "", "Bearer token"), _kubernetes.Asked.All[0]);
        Assert.Equal(["get b", "get c"], _kubernetes.Asked.All[1..3].Select(asked => $"{asked.What} {asked.Selector}").Order());
        Assert.Equal(("watch", Selector, "3", "Bearer token"), _kubernetes.Asked.All[3]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_is_declared_dead_when_its_pod_is_deleted()
    {
        _silos.Add("a", "b");
        await BeginAsync("own", "a", "b");
        await WatchesAsync(1);

        _kubernetes.Set("a", "uid of a"); // something of it has changed
        _kubernetes.Delete("own");
        _kubernetes.Delete("b");

        await _silos.Dead.UntilAsync(1, "a death");
        Assert.Equal("b", Assert.Single(_silos.Dead.All).Pod.Name);
    }

    /// <summary>As with a StatefulSet, whose pods keep their names: what is told late of the first means no other.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_silo_of_a_pod_that_took_the_name_of_one_that_is_deleted_lives_and_that_ones_does_not()
    {
        _silos.Add(("a", "first"), ("a", "second"));
        _silos.Add("last");
        await BeginAsync("own", "last");
        _kubernetes.Set("a", "second");
        await WatchesAsync(1);
        Assert.Equal("first", Assert.Single(_silos.Dead.All).Pod.Uid);

        _kubernetes.TellDeleted("a", "first");
        _kubernetes.Delete("last");

        await _silos.Dead.UntilAsync(2, "one more death");
        Assert.Equal(["first", "uid of last"], _silos.Dead.All.Select(silo => silo.Pod.Uid));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_silo_of_a_pod_that_lost_its_labels_lives_until_the_pod_is_gone()
    {
        _silos.Add("a", "last");
        await BeginAsync("own", "a", "last");
        await WatchesAsync(1);

        _kubernetes.TakeLabels("a");
        _kubernetes.Delete("last");
        await _silos.Dead.UntilAsync(1, "a death");
        _kubernetes.Expire();
        await WatchesAsync(2);
        Assert.Equal("last", Assert.Single(_silos.Dead.All).Pod.Name);

        _kubernetes.Delete("a", told: false);
        _kubernetes.Expire();
        await _silos.Dead.UntilAsync(2, "one more death");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(500, "{}", "The API server answers 500.")]
    [InlineData(404, "<html>not here</html>", "")]
    [InlineData(404, """{ "reason": "NotFound", "details": { "name": "chat" } }""", null)]
    [InlineData(200, """{ "metadata": { "name": "a", "uid": null } }""", "a pod without a uid")]
    public async Task Where_Kubernetes_does_not_say_itself_that_a_pod_is_gone_its_silo_lives(int status, string body, string? why)
    {
        _silos.Add("a");
        await BeginAsync(kubernetes => kubernetes.AnswerOfOne = (status, body), "own");

        await _kubernetes.Asked.FirstAsync(asked => asked.What == (why is null ? "watch" : "get"), "a question");
        if (why is not null)
        {
            Assert.Contains(why, await WarningAsync());
        }
        Assert.Empty(_silos.Dead.All);

        _kubernetes.AnswerOfOne = null;
        _kubernetes.Expire();
        await _silos.Dead.UntilAsync(1, "a death");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_happened_while_nobody_watched_is_found_in_the_next_list()
    {
        _silos.Add("a");
        await BeginAsync("own", "a");
        await WatchesAsync(1);

        _kubernetes.Delete("a", told: false);
        _kubernetes.Expire();

        await WatchesAsync(2);
        Assert.Equal("a", Assert.Single(_silos.Dead.All).Pod.Name);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_does_not_find_itself_among_the_pods_declares_nobody_dead(bool isThereAnotherOfItsName)
    {
        _silos.Add("a");
        await BeginAsync(kubernetes =>
        {
            if (isThereAnotherOfItsName)
            {
                kubernetes.Set("own", "another");
            }
        });

        var line = await WarningAsync();

        Assert.Contains("none is this one, own with the uid uid of own: its template has to have both labels", line);
        Assert.Empty(_silos.Dead.All);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_may_not_read_pods_is_told_once_which_right_is_missing_and_asks_again()
    {
        _silos.Add("a");
        await BeginAsync(kubernetes => kubernetes.Answers = 403, "own");
        await _kubernetes.Asked.UntilAsync(4, "four questions");
        Assert.Contains("answers 403: this pod's service account needs a Role that may get, list and watch pods", await WarningAsync());

        _kubernetes.Answers = 200;

        await _log.Lines.FirstAsync(line => line.Contains("tells again", StringComparison.Ordinal), "the end of that");
        Assert.Single(_silos.Dead.All);
        Assert.Single(_log.Lines.All, line => line.Contains("is asked again", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_table_that_cannot_be_read_is_said_once_and_not_taken_for_Kubernetes()
    {
        _silos.Add("a");
        _silos.Fails = true;
        await BeginAsync("own");
        await _silos.Reads.UntilAsync(4, "four reads of the table");
        Assert.Equal(0, _kubernetes.Asked.Count);

        _silos.Fails = false;

        await _silos.Dead.UntilAsync(1, "a death");
        Assert.Collection(
            _log.Lines.All,
            line => Assert.StartsWith("The table of silos cannot be read or written, so none is declared dead whose pod is gone", line),
            line => Assert.StartsWith("The table of silos can be read again", line),
            line => Assert.StartsWith("The pod a is gone", line));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watch_that_the_server_never_ends_is_ended_here_and_begun_again()
    {
        _time.IsOver = due => due > TimeSpan.FromMinutes(4);
        _silos.Add("a");
        await BeginAsync("own", "a");
        var line = await WarningAsync();
        Assert.Contains("The API server was to end a watch of pods after 240 s, and it has not ended after 270 s.", line);

        _time.IsOver = _ => false;
        _kubernetes.Delete("a");

        await _silos.Dead.UntilAsync(1, "a death");
    }

    [Fact(Timeout = 60_000)]
    public async Task An_answer_that_does_not_come_is_not_waited_for()
    {
        _time.IsOver = due => due == TimeSpan.FromSeconds(10);
        var warning = WarningAsync();

        await BeginAsync(kubernetes => kubernetes.AnswersAfter = warning, "own");

        Assert.Contains("The API server has not answered for 10 s.", await warning);
    }

    [Fact(Timeout = 60_000)]
    public async Task Between_a_watch_that_ends_at_once_and_the_next_list_there_is_a_pause()
    {
        await BeginAsync(kubernetes => kubernetes.EndsWatches = true, "own");

        await _kubernetes.Asked.UntilAsync(6, "three lists and watches");

        Assert.True(_time.Timers.All.Count(due => due == TimeSpan.FromSeconds(2)) >= 2, "a round began without a pause");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_API_server_is_believed_only_with_a_certificate_of_the_accounts_authority(bool isOfAuthority)
    {
        using var authority = Certificate("authority", signer: null);
        using var other = Certificate("authority", signer: null);
        using var server = Certificate("127.0.0.1", isOfAuthority ? authority : other);
        _silos.Add("a");
        _kubernetes = await FakeKubernetes.StartAsync(listen => listen.UseHttps(server));
        _kubernetes.Set("own", "uid of own");
        Watch(PodApi.Client(_kubernetes.Address, [X509CertificateLoader.LoadCertificate(authority.RawData)]));

        if (isOfAuthority)
        {
            await _silos.Dead.UntilAsync(1, "a death");
            return;
        }
        Assert.Contains("SSL", await WarningAsync());
        Assert.Equal(0, _kubernetes.Asked.Count);
    }

    private Task BeginAsync(params string[] pods) => BeginAsync(_ => { }, pods);

    private async Task BeginAsync(Action<FakeKubernetes> prepare, params string[] pods)
    {
        _kubernetes = await FakeKubernetes.StartAsync();
        foreach (var pod in pods)
        {
            _kubernetes.Set(pod, $"uid of {pod}");
        }
        prepare(_kubernetes);
        Watch(new HttpClient { BaseAddress = _kubernetes.Address, Timeout = Timeout.InfiniteTimeSpan });
    }

    private void Watch(HttpClient http)
    {
        var api = new PodApi(http, () => "token", "chat", PodApi.SelectorOf("chat", "blue"), _time);
        _watch = new PodWatch(api, _silos, _time, _log);
        _ = _watch.StartAsync(TestContext.Current.CancellationToken);
    }

    private Task<string> WarningAsync() => _log.Lines.FirstAsync(line => line.Contains("is asked again", StringComparison.Ordinal), "a warning");

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

        public EventLog<int> Reads { get; } = new("table");

        public bool Fails { get; set; }

        public PodId Own { get; } = new("here", "uid of own", "own");

        public bool IsWatcher => true;

        public void Add(params string[] pods) => Add([.. pods.Select(pod => (pod, $"uid of {pod}"))]);

        /// <summary>All have the same address.</summary>
        public void Add(params (string Name, string Uid)[] pods)
        {
            lock (_all)
            {
                foreach (var (name, uid) in pods)
                {
                    _all.Add(new PodSilo(SiloAddress.New(IPAddress.Parse("10.0.0.1"), 11111, _all.Count), new PodId("here", uid, name)));
                }
            }
        }

        public Task<IReadOnlyList<PodSilo>> OthersAsync()
        {
            Reads.Add(Reads.Count);
            lock (_all)
            {
                return Fails
                    ? Task.FromException<IReadOnlyList<PodSilo>>(new InvalidOperationException("The database is away."))
                    : Task.FromResult<IReadOnlyList<PodSilo>>([.. _all]);
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

    /// <summary>Pauses take no time, and what is over at once is for the test to say.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public EventLog<TimeSpan> Timers { get; } = new("time");

        public Func<TimeSpan, bool> IsOver { get; set; } = _ => false;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers.Add(dueTime);
            return System.CreateTimer(callback, state, dueTime == TimeSpan.FromSeconds(2) || IsOver(dueTime) ? TimeSpan.Zero : dueTime, period);
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
