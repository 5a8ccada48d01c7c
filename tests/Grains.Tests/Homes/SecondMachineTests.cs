using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H13: on several machines a broadcast is acknowledged when a second one has it.</summary>
public sealed class SecondMachineTests
{
    private static readonly ServerId Here = Life(1);
    private static readonly ServerId AlsoHere = Life(2);
    private static readonly ServerId There = Life(3);
    private static readonly ServerId Elsewhere = Life(4);
    private static readonly ServerId Nowhere = Life(5);

    private readonly TestHome _home = new(firstStart: true);

    public SecondMachineTests()
    {
        _home.Home.SetMachine("one");
        foreach (var (life, machine) in new (ServerId, string?)[] { (Here, "one"), (AlsoHere, "one"), (There, "two"), (Elsewhere, "three"), (Nowhere, null) })
        {
            _home.Receive(new Register { Life = life, Epoch = _home.Home.Epoch, Machine = machine });
        }
        _home.Tick(Options.ListPause);
        _home.Tick(Options.ListPause);
        _home.Sent.Clear();
    }

    [Fact]
    public void What_a_server_of_the_homes_machine_publishes_is_held_when_one_elsewhere_has_acknowledged_it()
    {
        Join(Here, There, Elsewhere);

        _home.Submit(Here, 2, Emit(Red));
        var number = _home.Home.Number;
        Assert.Equal((number, number - 1), (_home.Last<Accepted>(Here).FirstNumber, Held(Here)));
        Assert.Equal(number, _home.Pushed(Elsewhere)[^1]); // nobody waits for it
        _home.Acknowledge(Here, number);
        Assert.Equal(number - 1, Held(Here));

        _home.Acknowledge(There, number);

        Assert.Equal(Head.AllHeld, Held(Here));
        Assert.Empty(_home.Last<Push>(Here).Entries);
    }

    [Fact]
    public void Who_has_a_push_in_flight_is_told_in_answer_to_its_acknowledgement()
    {
        Join(Here, There);
        _home.Submit(Here, 2, Emit(Red));
        var told = _home.All<HomeMessage>(Here).Count;

        _home.Acknowledge(There, _home.Home.Number);
        Assert.Equal(told, _home.All<HomeMessage>(Here).Count);
        _home.Acknowledge(Here, _home.Home.Number);

        Assert.Equal(told + 1, _home.All<HomeMessage>(Here).Count);
        Assert.Equal(Head.AllHeld, Held(Here));
    }

    [Fact]
    public void What_is_published_elsewhere_is_on_two_machines_already() => IsHeldAtOnce(There, Here, AlsoHere, Elsewhere);

    [Fact]
    public void What_is_for_nobody_elsewhere_is_not_waited_for() => IsHeldAtOnce(Here, AlsoHere);

    [Fact]
    public void An_acknowledgement_from_the_same_machine_is_none_from_a_second()
    {
        Join(AlsoHere, There);
        _home.Submit(Here, 1, Emit(Red));

        _home.Acknowledge(AlsoHere, _home.Home.Number);
        _home.Renew(Here);

        Assert.Equal(_home.Home.Number - 1, Held(Here));
    }

    [Fact]
    public void One_that_is_who_knows_where_counts_only_when_all_that_may_be_elsewhere_have_it()
    {
        Join(Nowhere, There);
        _home.Submit(Here, 1, Emit(Red));
        _home.Acknowledge(Nowhere, _home.Home.Number);
        _home.Renew(Here);
        Assert.Equal(_home.Home.Number - 1, Held(Here));

        _home.Leave(There, 2, Red);
        _home.Submit(Here, 2, Emit(Red));
        _home.Acknowledge(There, _home.Home.Number - 1);
        _home.Renew(Here);
        Assert.Equal(_home.Home.Number - 1, Held(Here));
        _home.Acknowledge(Nowhere, _home.Home.Number);

        Assert.Equal(Head.AllHeld, Held(Here));
    }

    [Fact]
    public void Nobody_waits_for_who_is_gone()
    {
        Join(There);
        _home.Submit(Here, 1, Emit(Red));

        _home.Home.ReportDeath(There.Process, _home.Now);

        Assert.Equal(Head.AllHeld, Held(Here));
    }

    [Fact]
    public void Who_is_gone_is_not_told_of_anything()
    {
        _home.Join(There, 1, Red);
        _home.Submit(Nowhere, 1, Emit(Red));

        _home.Pass(Options.Lease + 200, Here, AlsoHere, Elsewhere); // the one that was waited for goes first, and then the one that waited

        Assert.Equal([There, Nowhere], _home.Removals.Select(removal => removal.Life));
        Assert.IsType<Fenced>(_home.Last<HomeMessage>(Nowhere));
    }

    [Fact]
    public void Who_is_gone_is_not_kept_for_its_news()
    {
        var copies = new SecondCopies();
        copies.SetMachine("one", []);
        var (publisher, target) = (new Life(Here, 1, 0) { Lease = 1, Machine = "one" }, new Life(There, 2, 0) { Lease = 1, Machine = "two" });
        copies.Appended(Entry(1, Here, 1, 1, Emit(Red)), publisher, [publisher, target]);
        copies.Acknowledge(target, 1);
        Assert.Equal([publisher], copies.TakeNews()); // a push to it is in flight, say, so that it is not told at once

        copies.Remove(publisher);

        Assert.Empty(copies.TakeNews());
        Assert.False(copies.HasNews);
    }

    [Fact]
    public void One_machine_is_enough_where_it_is_the_last()
    {
        Join(There);
        _home.Submit(Here, 1, Emit(Red));

        _home.Home.SetMachine(null);

        Assert.Equal(Head.AllHeld, Held(Here));
        _home.Submit(Here, 2, Emit(Red));
        Assert.Equal(Head.AllHeld, Held(Here));
    }

    [Fact]
    public void Of_several_the_first_that_is_not_held_holds_back_those_behind_it()
    {
        Join(There);
        _home.Join(Elsewhere, 1, Blue);
        _home.Submit(Here, 1, Emit(Red), Emit(Blue), Emit(Red));
        var last = _home.Home.Number;

        _home.Acknowledge(Elsewhere, last);
        _home.Renew(Here);
        Assert.Equal(last - 3, Held(Here));
        _home.Acknowledge(There, last - 2);
        _home.Renew(Here);
        Assert.Equal(last - 1, Held(Here));
    }

    [Fact]
    public void What_a_life_elsewhere_brings_along_is_held()
    {
        var home = new TestHome();
        home.Home.SetMachine("one");
        var history = History(Here, There, Elsewhere);
        var (held, lost) = (Entry(5, Here, 1, 1, Emit(Red)), Entry(6, Here, 2, 1, Emit(Red)));
        OutboxItem Item(Entry entry) => new(entry.Position, entry.Operation, entry.Number, entry.Run);

        home.Receive(new Register
        {
            Life = Here,
            Epoch = home.Home.Epoch,
            Machine = "one",
            History = history with { Handled = 6, Outbox = [Item(held), Item(lost)], Rooms = [Red], LastPosition = 2, Retained = [held, lost] },
        });
        home.Receive(new Register
        {
            Life = There,
            Epoch = home.Home.Epoch,
            Machine = "two",
            History = history with { Handled = 5, Rooms = [Red], Retained = [held] },
        });
        home.Receive(new Register
        {
            Life = Elsewhere,
            Epoch = home.Home.Epoch,
            Machine = "three",
            History = history with { Handled = 4, Rooms = [Red] },
        });

        Assert.Equal(5, home.Last<Registered>(Here).Head!.Held);
    }

    private void IsHeldAtOnce(ServerId publisher, params ServerId[] members)
    {
        Join(members);

        _home.Submit(publisher, 1, Emit(Red));

        Assert.Equal(Head.AllHeld, Held(publisher));
    }

    private void Join(params ServerId[] lives)
    {
        foreach (var life in lives)
        {
            _home.Join(life, 1, Red);
        }
    }

    private long Held(ServerId life) => _home.All<HomeMessage>(life)[^1].Head!.Held;
}
