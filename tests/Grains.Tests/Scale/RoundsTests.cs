namespace OrleansAdapter.Grains.Tests.Scale;

/// <summary>Which homes a server asks together, and which by themselves.</summary>
public sealed class RoundsTests
{
    private const string One = "one";
    private const string Other = "other";

    private readonly Asked _asked = new();
    private readonly List<HomeContact> _homes = [];
    private readonly Rounds _rounds;
    private long _now = 100_000;

    public RoundsTests() => _rounds = new Rounds(_asked);

    [Fact]
    public void Homes_of_a_silo_are_asked_in_one_call_but_one_of_them_in_turn()
    {
        var homes = Homes(3, One);

        Look();
        var round = Assert.Single(_asked.Rounds);
        Assert.Equal(One, round.Silo);
        Assert.Equal(homes.Skip(1), round.Homes);
        Assert.Equal([homes[0]], _asked.TakeAlone());

        for (var turn = 1; turn < 4; turn++)
        {
            _rounds.Answered(_asked.Rounds[^1]);
            Pass(Rounds.LooksEvery);
            Look();
            Assert.Equal([homes[turn % 3]], _asked.TakeAlone());
        }
    }

    [Fact]
    public void Each_silo_gets_a_round_of_its_own()
    {
        Homes(3, One);
        Homes(3, Other);

        Look();

        Assert.Equal([One, Other], _asked.Rounds.Select(round => round.Silo));
    }

    [Fact]
    public void A_home_of_which_nobody_has_said_where_it_is_is_asked_by_itself()
    {
        var unknown = Homes(2, silo: null);

        Look();

        Assert.Empty(_asked.Rounds);
        Assert.Equal(unknown, _asked.Alone.Select(asked => asked.Home));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Where_a_round_would_save_no_call_homes_are_asked_by_themselves(int count)
    {
        var homes = Homes(count, One);

        Look();

        Assert.Empty(_asked.Rounds);
        Assert.Equal(homes, _asked.Alone.Select(asked => asked.Home));
    }

    [Fact]
    public void A_home_that_was_heard_just_now_is_not_asked()
    {
        var homes = Homes(4, One);
        homes[0].Heard(_now - 100);

        Look();

        Assert.Equal(homes.Skip(2), Assert.Single(_asked.Rounds).Homes);
    }

    [Fact]
    public void Those_that_would_be_asked_soon_come_along()
    {
        var homes = Homes(3, One);
        homes[2].Heard(_now - 200);

        Look();

        Assert.Equal(homes.Skip(1), Assert.Single(_asked.Rounds).Homes);
    }

    [Fact]
    public void A_renewal_waits_for_a_round_as_long_as_it_may()
    {
        var homes = Homes(2, One);
        HearAll();
        Assert.True(Keep(homes[0], 400));

        Look();
        Assert.Empty(_asked.Rounds);
        HearAll(after: 300);
        Look();
        Assert.Empty(_asked.Rounds);
        HearAll(after: 100);
        Look();

        Assert.Equal(3, _asked.Alone.Single().Renewal!.Handled); // it is alone in it
        Assert.False(homes[0].HasRenewal);
    }

    [Fact]
    public void Renewals_travel_in_a_round_with_the_questions_of_the_others()
    {
        var homes = Homes(3, One);
        Assert.True(Keep(homes[1], 400));

        Look();

        var questions = Assert.Single(_asked.Rounds).Questions;
        Assert.Equal([true, false], questions.Select(question => question.Renewal is not null));
    }

    [Fact]
    public void A_renewal_that_may_not_wait_goes_at_once()
    {
        var home = Homes(1, One)[0];

        Assert.False(Keep(home, 100));
        Assert.False(Keep(Homes(1, silo: null)[0], 400));
    }

    [Fact]
    public void A_renewal_of_a_life_that_has_ended_is_left_out()
    {
        var homes = Homes(3, One);
        Assert.True(Keep(homes[1], 400));
        homes[1].Said(new Acknowledge { Life = ServerId.FromBits(0x9001), Epoch = 1, Handled = 0 });

        Look();

        Assert.All(Assert.Single(_asked.Rounds).Questions, question => Assert.Null(question.Renewal));
    }

    [Fact]
    public void A_home_that_does_not_answer_in_its_round_is_asked_by_itself_with_its_renewal()
    {
        var homes = Homes(4, One);
        Assert.True(Keep(homes[3], 400));
        Look();
        _asked.TakeAlone();

        _rounds.Answered(_asked.Rounds[0]);
        _rounds.Unanswered(_asked.Rounds[0], 1);
        _rounds.Unanswered(_asked.Rounds[0], 2);

        Assert.Equal([homes[2], homes[3]], _asked.Alone.Select(asked => asked.Home));
        Assert.Equal([false, true], _asked.Alone.Select(asked => asked.Renewal is not null));
        Assert.Equal([One, One, null, null], homes.Select(home => home.Silo));
    }

    [Fact]
    public void Where_a_round_is_refused_each_home_is_asked_by_itself()
    {
        var homes = Homes(20, One);
        Look();

        _rounds.Lost(_asked.Rounds[0], isRefused: true);

        Assert.Equal(homes, _asked.Alone.Select(asked => asked.Home));
        Assert.All(homes.Skip(1), home => Assert.Null(home.Silo));
    }

    [Fact]
    public void Of_a_round_that_is_lost_only_the_renewals_go_by_themselves()
    {
        var homes = Homes(20, One);
        Assert.True(Keep(homes[7], 400));
        Look();
        _asked.TakeAlone();

        _rounds.Lost(_asked.Rounds[0], isRefused: false);

        Assert.Equal([homes[7]], _asked.Alone.Select(asked => asked.Home));
    }

    [Fact]
    public void Of_a_silo_that_does_not_answer_a_few_homes_are_asked_by_themselves_others_each_time()
    {
        var homes = Homes(25, One);
        Look();
        Assert.Equal(homes.Take(1), _asked.TakeAlone());

        Pass(Rounds.LooksEvery);
        Look();
        var first = _asked.TakeAlone();
        Pass(Rounds.LooksEvery);
        Look();
        var second = _asked.TakeAlone();
        Pass(Rounds.LooksEvery);
        Look();
        var third = _asked.TakeAlone();

        Assert.Equal([8, 8, 8], [first.Count, second.Count, third.Count]);
        Assert.Empty(first.Intersect(second));
        Assert.Equal(homes.Skip(1).ToHashSet(), first.Concat(second).Concat(third).ToHashSet());
        Assert.Equal(4, _asked.Rounds.Count);
    }

    [Fact]
    public void If_one_home_of_a_silo_that_does_not_answer_has_a_successor_all_are_asked()
    {
        var homes = Homes(20, One);
        Look();
        Pass(Rounds.LooksEvery);
        Look();
        _asked.TakeAlone();

        _rounds.Superseded(homes[0], _now);

        Assert.Equal(homes.Skip(1), _asked.Alone.Select(asked => asked.Home));
    }

    [Fact]
    public void If_one_is_in_another_silo_all_are_asked()
    {
        var homes = Homes(20, One);
        Look();
        Pass(Rounds.LooksEvery);
        Look();
        _asked.TakeAlone();

        _rounds.Named(homes[0], Other, _now);

        Assert.Equal(homes.Skip(1), _asked.Alone.Select(asked => asked.Home));
    }

    [Fact]
    public void A_home_that_moves_away_from_a_silo_that_answers_concerns_nobody_else()
    {
        var homes = Homes(20, One);
        Look();
        _asked.TakeAlone();
        _rounds.Answered(_asked.Rounds[0]);

        _rounds.Superseded(homes[0], _now);
        _rounds.Named(homes[1], Other, _now);

        Assert.Empty(_asked.Alone);
        Assert.All(homes.Skip(2), home => Assert.Equal(One, home.Silo));
    }

    [Fact]
    public void A_silo_that_answers_again_is_asked_as_before()
    {
        Homes(20, One);
        Look();
        Pass(Rounds.LooksEvery);
        Look();
        _asked.TakeAlone();

        _rounds.Answered(_asked.Rounds[1]);
        Pass(Rounds.LooksEvery);
        Look();

        Assert.Single(_asked.Alone);
        Assert.Equal(3, _asked.Rounds.Count);
    }

    [Fact]
    public void A_round_that_was_lost_does_not_count_any_more_when_all_homes_have_been_heard_since()
    {
        Homes(20, One);
        Look();
        HearAll(after: 10);
        Look();
        _asked.TakeAlone();

        Pass(Rounds.Silence + 1);
        Look();

        Assert.Single(_asked.Alone);
    }

    private HomeContact[] Homes(int count, string? silo)
    {
        for (var i = 0; i < count; i++)
        {
            var home = new HomeContact($"/{_homes.Count}");
            home.Said(new Acknowledge { Life = Life(home), Epoch = 1, Handled = 0 });
            if (silo is not null)
            {
                home.Named(silo);
            }
            _homes.Add(home);
        }
        return [.. _homes.TakeLast(count)];
    }

    private static ServerId Life(HomeContact home) => ServerId.FromBits(0x1001UL + (ulong)home.Namespace.Length);

    private bool Keep(HomeContact home, long mayWait)
    {
        var renewal = new Renew { Life = Life(home), Epoch = 1, Handled = 3, MayWait = mayWait };
        home.Said(renewal);
        return home.TryKeep(renewal, _now);
    }

    private void HearAll(long after = 0)
    {
        Pass(after);
        _homes.ForEach(home => home.Heard(_now));
    }

    private void Pass(long milliseconds) => _now += milliseconds;

    private void Look() => _rounds.Look(_homes, _now);

    private sealed class Asked : IRoundsOutput
    {
        public List<Round> Rounds { get; } = [];

        public List<(HomeContact Home, Renew? Renewal)> Alone { get; private set; } = [];

        public List<HomeContact> TakeAlone()
        {
            var taken = Alone.ConvertAll(asked => asked.Home);
            Alone = [];
            return taken;
        }

        void IRoundsOutput.Ask(Round round) => Rounds.Add(round);

        void IRoundsOutput.Ask(HomeContact home, Renew? renewal) => Alone.Add((home, renewal));
    }
}
