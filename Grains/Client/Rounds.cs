namespace OrleansAdapter.Grains;

/// <summary>
/// Decides when a server asks its homes whether it has missed something, and renews its leases: those of one silo together, in one call, and by itself what
/// is not known to be in one, or does not answer there (PROTOCOL.md, "Rounds"). A plain state machine, which knows of silos only what they are called; safe
/// under threads. Times are milliseconds of any monotonic clock.
/// </summary>
internal sealed class Rounds(IRoundsOutput output)
{
    /// <summary>How often to call <see cref="Look"/>.</summary>
    public const long LooksEvery = 250;

    /// <summary>
    /// How long a home may be silent before it is asked whether a message was missed. Together with the time that the question has, it is less than a new
    /// home waits.
    /// </summary>
    public const long Silence = 300;

    /// <summary>
    /// How many homes of a silo that does not answer are asked by themselves at each look. If one of them is elsewhere by now, all are asked; else a silo that
    /// is only slow would get many times the calls just then. Of a silo that answers it is one, in turn: it might have a home that nobody finds there any more,
    /// as another one has taken its place, and in rounds it would answer for ever.
    /// </summary>
    private const int Scouts = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Asks whom it is time to ask.</summary>
    /// <param name="homes">All of the server's homes.</param>
    /// <param name="now">The time.</param>
    public void Look(IEnumerable<HomeContact> homes, long now)
    {
        List<Round> rounds = [];
        List<HomeContact> alone = [];
        lock (_lock)
        {
            foreach (var place in _places.Values)
            {
                place.Homes.Clear();
            }
            foreach (var home in homes)
            {
                if (home.Silo is { } silo)
                {
                    PlaceOf(silo).Homes.Add(home);
                }
                else if (home.IsSilent(now, Silence) || home.HasRenewal)
                {
                    alone.Add(home);
                }
            }
            foreach (var place in _places.Values)
            {
                LookAt(place, now, rounds, alone);
                if (place.Homes.Count == 0)
                {
                    _places.Remove(place.Silo);
                }
            }
        }
        alone.ForEach(home => output.Ask(home, home.TakeRenewal()));
        rounds.ForEach(output.Ask);
    }

    /// <summary>A silo has answered a round. Say so before what its homes have said is handed on: a silo that answers is not mute.</summary>
    public void Answered(Round round)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(round.Silo, out var place))
            {
                place.UnansweredSince = null;
            }
        }
    }

    /// <summary>A home that a round asked is not there, or busy: it is asked by itself.</summary>
    /// <param name="round">The round.</param>
    /// <param name="index">The home's place in it.</param>
    public void Unanswered(Round round, int index)
    {
        var (home, renewal) = (round.Homes[index], round.Questions[index].Renewal);
        home.Leave(round.Silo);
        output.Ask(home, renewal is not null && home.IsCurrent(renewal) ? renewal : null);
    }

    /// <summary>A round has not been answered, and will not be.</summary>
    /// <param name="round">The round.</param>
    /// <param name="isRefused">Whether somebody said so, as who knows no rounds or no such silo does: then each home is asked by itself.</param>
    public void Lost(Round round, bool isRefused)
    {
        for (var index = 0; index < round.Questions.Count; index++)
        {
            if (isRefused)
            {
                Unanswered(round, index);
            }
            else if (round.Questions[index].Renewal is { } renewal && round.Homes[index].IsCurrent(renewal))
            {
                output.Ask(round.Homes[index], renewal); // leases do not wait until it is known what is wrong
            }
        }
    }

    /// <summary>A home has said in which silo it is.</summary>
    public void Named(HomeContact home, string silo, long now)
    {
        if (home.Named(silo) is { } before)
        {
            HasLeft(before, now);
        }
    }

    /// <summary>Another home has taken the place of one, wherever it is.</summary>
    public void Superseded(HomeContact home, long now)
    {
        if (home.Silo is { } silo)
        {
            home.Leave(silo);
            HasLeft(silo, now);
        }
    }

    /// <summary>A home of a silo is elsewhere: if that silo does not answer, all may be.</summary>
    private void HasLeft(string silo, long now)
    {
        HomeContact[] others = [];
        lock (_lock)
        {
            if (_places.TryGetValue(silo, out var place) && place.IsMute(now))
            {
                others = [.. place.Homes.Where(home => home.Silo == silo)];
            }
        }
        foreach (var other in others)
        {
            other.Leave(silo);
            output.Ask(other, other.TakeRenewal());
        }
    }

    private static void LookAt(Place place, long now, List<Round> rounds, List<HomeContact> alone)
    {
        if (!place.Homes.Exists(home => home.IsSilent(now, Silence) || home.HasRenewalDue(now)))
        {
            place.UnansweredSince = null; // all have been heard since
            return;
        }
        // Those that would be asked soon come along, so that all are asked together from then on.
        var asked = place.Homes.FindAll(home => home.IsSilent(now, Silence / 2) || home.HasRenewal);
        if (asked.Count <= 2)
        {
            alone.AddRange(asked); // by the shortest way: with a round there would be as many calls
            place.UnansweredSince = null;
            return;
        }
        var scouts = asked.OrderBy(home => home.AskedAlone).Take(place.IsMute(now) ? Scouts : 1).ToArray();
        Array.ForEach(scouts, scout => scout.AskedAlone = now);
        alone.AddRange(scouts);
        HomeContact[] together = [.. asked.Except(scouts)];
        if (together.Length > 0)
        {
            place.UnansweredSince ??= now;
            rounds.Add(new Round(place.Silo, together, [.. together.Select(Question)]));
        }
    }

    private static HomeQuestion Question(HomeContact home)
    {
        var newest = home.Newest!;
        return new HomeQuestion(home.Namespace, newest.Life, newest.Epoch, home.TakeRenewal());
    }

    private Place PlaceOf(string silo)
    {
        if (!_places.TryGetValue(silo, out var place))
        {
            _places[silo] = place = new Place(silo);
        }
        return place;
    }

    private sealed class Place(string silo)
    {
        public string Silo { get; } = silo;

        /// <summary>The server's homes there, at the last look.</summary>
        public List<HomeContact> Homes { get; } = [];

        /// <summary>When the first round went out since the last one that was answered; null where all were.</summary>
        public long? UnansweredSince { get; set; }

        /// <summary>Whether a round ought to have been answered by now.</summary>
        public bool IsMute(long now) => UnansweredSince is { } since && now - since >= LooksEvery;
    }
}

/// <summary>What a server asks the homes of a silo in one call.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Homes">The homes.</param>
/// <param name="Questions">What each of them is asked.</param>
internal sealed record Round(string Silo, IReadOnlyList<HomeContact> Homes, IReadOnlyList<HomeQuestion> Questions);

/// <summary>What a server asks one home in a round.</summary>
/// <param name="Namespace">The home's namespace.</param>
/// <param name="Life">The server's life there.</param>
/// <param name="Epoch">The epoch in which it takes itself to be.</param>
/// <param name="Renewal">Renews the lease, and asks the same by that; null where only that is asked.</param>
internal sealed record HomeQuestion(string Namespace, ServerId Life, long Epoch, Renew? Renewal);

/// <summary>Carries what <see cref="Rounds"/> ask. Returns at once; the answers come later.</summary>
internal interface IRoundsOutput
{
    /// <summary>Asks the homes of a silo, and tells <see cref="Rounds.Answered"/> or <see cref="Rounds.Lost"/> what came of it.</summary>
    void Ask(Round round);

    /// <summary>Asks one home by itself; with a renewal of the lease, or only whether the server has missed something.</summary>
    void Ask(HomeContact home, Renew? renewal);
}
