namespace OrleansAdapter.Grains.Testing;

/// <content>What goes between servers and homes, and what happens to silos and homes.</content>
internal sealed partial class ScaleCluster
{
    private const long RoundTakes = 750;
    private const int QuestionBytes = 2 + 8 + 8; // with the ends of its fields

    private readonly HashSet<(ScaleServer Server, int Namespace)> _cuts = [];
    private readonly Dictionary<int, ScaleHome> _lost = [];

    /// <summary>The lives that homes have removed, and why.</summary>
    public List<(int Namespace, ServerId Life, RemovalReason Reason)> Removals { get; } = [];

    public void Call(ScaleLife from, WorkerMessage message)
    {
        Count(new Traffic(1, 0, SizeOf(message), 0, 0));
        Network.Carry(() =>
        {
            if (Reach(from) is { } home)
            {
                Reply(home, from, home.Receive(message), namesSilo: message is Register or Renew);
            }
        });
    }

    /// <summary>A server asks one home whether it has missed something.</summary>
    public void Check(ScaleLife from, WorkerMessage newest)
    {
        Count(new Traffic(1, 0, QuestionBytes, 0, 0));
        Network.Carry(() =>
        {
            if (Reach(from) is { } home)
            {
                Reply(home, from, home.Ask(new HomeQuestion(from.Contact.Namespace, newest.Life, newest.Epoch, null)), namesSilo: true);
            }
        });
    }

    /// <summary>A server asks the homes of a silo.</summary>
    public void Ask(ScaleServer from, Round round)
    {
        var size = round.Questions.Sum(question => question.Namespace.Length + QuestionBytes + (question.Renewal is { } renewal ? SizeOf(renewal) : 0));
        Count(new Traffic(1, 0, size, 0, 0));
        var hasEnded = false;
        Network.Carry(() =>
        {
            var silo = Array.FindIndex(_silos, known => known.Name == round.Silo);
            if (!_silos[silo].IsUp && !_silos[silo].IsDeclaredDead)
            {
                return;
            }
            // Where the silo is known to be dead, another one answers, in which the homes are not.
            HomeMessage[]?[] answers = [.. round.Questions.Select(question => Answer(from, silo, question))];
            Network.Carry(() => End(answers));
        });
        Network.In(RoundTakes, () => End(null));

        void End(HomeMessage[]?[]? answers)
        {
            if (hasEnded || !from.IsUp)
            {
                return;
            }
            hasEnded = true;
            if (answers is not null)
            {
                from.Take(round, answers);
            }
            else
            {
                from.Rounds.Lost(round, isRefused: false);
            }
        }
    }

    /// <summary>The life that a home's event reaches.</summary>
    public ScaleLife? Reached(ScaleHome from, ServerId life) =>
        _servers.GetValueOrDefault(life.Process) is { } server && !_cuts.Contains((server, from.Namespace)) ? server.Lives[from.Namespace] : null;

    public void Removed(ScaleHome home, ServerId life, RemovalReason reason) => Removals.Add((home.Namespace, life, reason));

    /// <summary>Nothing gets from a server to one home, and back, until it is mended.</summary>
    public void Cut(ScaleServer server, int @namespace) => _cuts.Add((server, @namespace));

    public void Mend() => _cuts.Clear();

    /// <summary>A home ends, as one that is not activated any more: the next call by itself makes another one, in any silo.</summary>
    public void End(int @namespace)
    {
        if (_homes[@namespace] is { } home)
        {
            home.IsAlive = false;
            _homes[@namespace] = null;
        }
    }

    /// <summary>A home ends, and the next one is there at once.</summary>
    public void Replace(int @namespace)
    {
        End(@namespace);
        Activate(@namespace);
    }

    /// <summary>Another home is made in the place of one, which goes on in its silo, and is found there in rounds alone.</summary>
    public void Double(int @namespace)
    {
        _lost[@namespace] = _homes[@namespace]!;
        Activate(@namespace);
    }

    /// <summary>A silo dies with its homes; later the others know it, and the homes are made there.</summary>
    public void Kill(int silo, long declaredAfter)
    {
        _silos[silo].IsUp = false;
        foreach (var home in _homes.OfType<ScaleHome>().Where(home => home.Silo == silo))
        {
            home.IsAlive = false;
        }
        Network.In(declaredAfter, () => _silos[silo].IsDeclaredDead = true);
    }

    private HomeMessage[]? Answer(ScaleServer from, int silo, HomeQuestion question)
    {
        var number = NumberOf(question.Namespace);
        var home = _lost.GetValueOrDefault(number) is { } lost && lost.Silo == silo ? lost : _homes[number];
        return home is { IsAlive: true } && home.Silo == silo && home.BusyUntil <= Now && !_cuts.Contains((from, number)) ? home.Ask(question) : null;
    }

    /// <summary>The home that a call by itself reaches; where it has ended, and its silo is there or known not to be, another one is made.</summary>
    private ScaleHome? Reach(ScaleLife from) =>
        _cuts.Contains((from.Server, from.Namespace)) ? null
        : _homes[from.Namespace] is { IsAlive: true } home ? home
        : _homes[from.Namespace] is { } gone && !_silos[gone.Silo].IsDeclaredDead ? null
        : Activate(from.Namespace);

    private ScaleHome Activate(int @namespace)
    {
        int[] up = [.. Enumerable.Range(0, _silos.Length).Where(index => _silos[index].IsUp)];
        return _homes[@namespace] = new ScaleHome(this, @namespace, up[Network.Random.Next(up.Length)], _epoch += 1_000, firstStart: false);
    }

    private void Reply(ScaleHome home, ScaleLife to, HomeMessage[] messages, bool namesSilo)
    {
        var silo = namesSilo && Options.NamesSilo(home.Silo) ? _silos[home.Silo].Name : null;
        Network.Carry(() =>
        {
            if (to.Server.IsUp && !_cuts.Contains((to.Server, to.Namespace)))
            {
                to.Take(messages, silo);
            }
        });
    }

    private sealed class ScaleSilo(string name)
    {
        public string Name { get; } = name;

        public bool IsUp { get; set; } = true;

        public bool IsDeclaredDead { get; set; }
    }
}
