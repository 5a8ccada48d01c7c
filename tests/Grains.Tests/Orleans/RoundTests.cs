using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Core.Internal;
using Orleans.Hosting;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>Servers on Orleans ask the homes of a silo together, and get on with silos that do not know that.</summary>
public sealed class RoundTests : IAsyncDisposable
{
    private const int Namespaces = 10;

    private readonly Calls _calls = new();
    private readonly Dictionary<string, string> _silos = [];
    private OrleansCluster? _cluster;

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task At_rest_each_silo_gets_one_call_for_all_its_homes()
    {
        await StartAsync(silos: 2);
        var (server, _) = await ServerAsync();

        HashSet<string> asked = [];
        while (asked.Count < Namespaces)
        {
            var round = await NextRoundAsync(server);
            Assert.All(round.Questions.Namespaces, home => Assert.Equal(round.Silo, _silos[home]));
            asked.UnionWith(round.Questions.Namespaces);
        }

        Assert.Equal(2, _silos.Values.Distinct().Count());
    }

    [Fact]
    public async Task A_renewal_that_may_wait_travels_in_a_round_and_is_answered()
    {
        await StartAsync();
        var (server, lives) = await ServerAsync();
        var life = lives[3];

        RoundQuestions questions;
        do
        {
            var renewed = await life.AskAsync<Renewed>(
                new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session, Handled = life.Handled, MayWait = 400 });
            Assert.Equal(life.Id, renewed.Life);
            questions = (await NextRoundAsync(server)).Questions;
        }
        while (!questions.Renewals.Any(renewal => renewal.Length > 0));

        var written = questions.Renewals.Single(renewal => renewal.Length > 0);
        Assert.Equal(life.Session, Assert.IsType<Renew>(MessageCodec.ReadWorkerMessage(written)).Session);
    }

    /// <summary>H2: what a round says to one home is for that one; another session has no lease to be renewed.</summary>
    [Fact]
    public async Task A_renewal_in_a_round_that_is_of_another_session_fences_there_alone()
    {
        await StartAsync();
        var (server, lives) = await ServerAsync();
        await NextRoundAsync(server);
        var stale = lives[0];

        var fenced = await stale.AskAsync<Fenced>(
            new Renew { Life = stale.Id, Epoch = stale.Epoch, Session = stale.Session + 1, Handled = stale.Handled, MayWait = 400 });

        Assert.Equal(stale.Id, fenced.Life);
        Assert.All(await Task.WhenAll(lives.Skip(1).Select(life => life.RenewAsync())), renewed => Assert.IsType<Renewed>(renewed));
    }

    [Fact]
    public async Task A_home_that_has_gone_is_asked_by_itself_and_its_successor_says_so()
    {
        await StartAsync();
        var (server, lives) = await ServerAsync();
        await NextRoundAsync(server);
        var home = _cluster!.Silos.Services().GetRequiredService<IGrainFactory>().GetGrain<IHomeGrain>("/3");

        await home.AsReference<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken).AsTask().InTimeAsync();

        await NextAsync<WrongEpoch>(server, "/3", wrong => wrong.Epoch != lives[3].Epoch);
    }

    /// <summary>As homes of the version before, which do not say in which silo they are.</summary>
    [Fact]
    public async Task Where_homes_do_not_say_where_they_are_each_is_asked_by_itself()
    {
        _calls.HidesSilos = true;
        await StartAsync();
        var (server, lives) = await ServerAsync();

        await AskedAloneAsync();

        Assert.Empty(_calls.Rounds(server));
        Assert.All(await Task.WhenAll(lives.Select(life => life.RenewAsync())), renewed => Assert.IsType<Renewed>(renewed));
    }

    /// <summary>As through a gateway of the version before.</summary>
    [Fact]
    public async Task Where_rounds_are_refused_each_home_is_asked_by_itself()
    {
        _calls.RefusesRounds = true;
        await StartAsync();
        var (server, lives) = await ServerAsync();
        var life = lives[3];

        await NextRoundAsync(server);
        await AskedAloneAsync();

        await life.AskAsync<Renewed>(new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session, Handled = life.Handled, MayWait = 400 });
    }

    private async Task StartAsync(int silos = 1) => _cluster = (OrleansCluster)await OrleansCluster.StartAsync(new TestSilosOptions
    {
        Silos = silos,
        Silo = silo => silo.AddIncomingGrainCallFilter(_calls),
    });

    /// <summary>A server that is in all namespaces; of two silos each has half of their homes.</summary>
    private async Task<(TestServer Server, TestLife[] Lives)> ServerAsync()
    {
        var silos = _cluster!.Silos;
        for (var number = 0; _silos.Count < Namespaces; number++)
        {
            var (name, silo) = ($"/{number}", _silos.Count % silos.Count);
            await silos.PlaceHomeAsync(name, silo);
            if (await silos.HasHomeAsync(name, silo)) // else that silo is not known to the other one yet
            {
                _silos.Add(name, silos.Services(silo).GetRequiredService<LocalHomes>().Silo);
            }
        }
        var server = await _cluster!.NewServerAsync();
        return (server, await Task.WhenAll(_silos.Keys.Select(server.RegisterAsync)));
    }

    /// <summary>The next round of this server.</summary>
    private async Task<(string Silo, RoundQuestions Questions)> NextRoundAsync(TestServer server)
    {
        while (true)
        {
            var round = await _calls.NextRoundAsync().InTimeAsync();
            if (ServerId.FromBits(round.Questions.Lives[0]).Process == server.Life.Process)
            {
                return round;
            }
        }
    }

    /// <summary>Waits until each home was asked by itself twice.</summary>
    private Task<int> AskedAloneAsync()
    {
        _calls.Clear();
        return Wait.UntilAsync(
            () => Task.FromResult(_calls.Alone.Count(call => call == nameof(IHomeGrain.Check))), count => count >= 2 * Namespaces, "they are not asked");
    }

    private static async Task<T> NextAsync<T>(TestServer server, string @namespace, Func<T, bool> matches)
    {
        while (true)
        {
            if (await server.Home(@namespace).ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync() is T message && matches(message))
            {
                return message;
            }
        }
    }

    /// <summary>Sees the questions that come to homes, and makes silos be as those of the version before.</summary>
    private sealed class Calls : IIncomingGrainCallFilter
    {
        private readonly Channel<(string Silo, RoundQuestions Questions)> _next = Channel.CreateUnbounded<(string, RoundQuestions)>();
        private readonly List<(string, RoundQuestions Questions)> _rounds = [];
        private readonly List<string> _alone = [];

        public bool HidesSilos { get; set; }

        public bool RefusesRounds { get; set; }

        /// <summary>What homes were asked by themselves: the methods' names.</summary>
        public string[] Alone
        {
            get
            {
                lock (_alone)
                {
                    return [.. _alone];
                }
            }
        }

        public RoundQuestions[] Rounds(TestServer server)
        {
            lock (_alone)
            {
                return [.. _rounds.Select(round => round.Questions).Where(round => ServerId.FromBits(round.Lives[0]).Process == server.Life.Process)];
            }
        }

        public void Clear()
        {
            lock (_alone)
            {
                _alone.Clear();
            }
        }

        public Task<(string Silo, RoundQuestions Questions)> NextRoundAsync() => _next.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            var method = context.InterfaceMethod;
            if (method.DeclaringType == typeof(ISiloHomesGrain))
            {
                var round = (context.TargetId.Key.ToString()!, (RoundQuestions)context.Request.GetArgument(0)!);
                lock (_alone)
                {
                    _rounds.Add(round);
                }
                _next.Writer.TryWrite(round);
                if (RefusesRounds)
                {
                    throw new NotSupportedException("It knows no rounds.");
                }
            }
            else if (method.DeclaringType == typeof(IHomeGrain) && method.Name is nameof(IHomeGrain.Check) or nameof(IHomeGrain.Send))
            {
                lock (_alone)
                {
                    _alone.Add(method.Name);
                }
            }
            await context.Invoke();
            if (HidesSilos && context.Result is MailboxBatch { Silo: not null } batch)
            {
                context.Result = new MailboxBatch(batch.Messages);
            }
        }
    }
}

/// <summary>A round whose homes are busy.</summary>
public sealed class RoundTurnsTests
{
    [Fact]
    public async Task It_waits_for_busy_homes_for_a_moment_and_tells_them_that_it_is_over()
    {
        var time = new HeldTime();
        var round = new RoundTurns(new RoundQuestions(1, ["/a", "/b"], [1, 2], [3, 4], [[], []]));
        round.Answer(1, MailboxBatch.Empty);
        var answering = round.AnswersAsync(TimeSpan.FromMilliseconds(100), time);
        Assert.False(answering.IsCompleted);
        Assert.False(round.IsOver);

        time.End();
        var answers = await answering.InTimeAsync();

        Assert.True(round.IsOver);
        Assert.Equal([null, MailboxBatch.Empty], answers.Homes);
        round.Answer(0, MailboxBatch.Empty);
        Assert.Null(answers.Homes[0]);
    }

    [Fact]
    public async Task It_ends_as_soon_as_all_have_answered()
    {
        var round = new RoundTurns(new RoundQuestions(1, ["/a", "/b"], [1, 2], [3, 4], [[], []]));
        var answering = round.AnswersAsync(TimeSpan.FromMilliseconds(100), new HeldTime());
        round.Answer(0, MailboxBatch.Empty);
        Assert.False(answering.IsCompleted);

        round.Answer(1, null);

        Assert.Equal([MailboxBatch.Empty, null], (await answering.InTimeAsync()).Homes);
    }

    /// <summary>Its timers end when the test says so.</summary>
    private sealed class HeldTime : TimeProvider
    {
        private readonly List<Action> _timers = [];

        public void End() => _timers.ForEach(timer => timer());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(() => callback(state));
            return new Timer();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
