using System.Net;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H14: when a silo is sure of its place.</summary>
public sealed class StandingTests
{
    private const long Validity = 1_000;

    private readonly Standing _standing = new(Validity);

    [Fact]
    public void A_silo_that_has_read_nothing_is_not_sure()
    {
        Assert.False(_standing.IsSure(0));
        Assert.True(_standing.AsksOthers(0));
    }

    [Fact]
    public void Reading_itself_as_active_counts_from_when_the_read_began()
    {
        _standing.Read(100, isActive: true, ["b", "c"]);

        Assert.True(_standing.IsSure(100 + Validity - 1));
        Assert.False(_standing.IsSure(100 + Validity));
    }

    [Fact]
    public void A_read_that_took_long_does_not_undo_a_later_one()
    {
        _standing.Read(500, isActive: true, ["b"]);
        _standing.Read(100, isActive: true, ["b", "c", "d"]);

        Assert.True(_standing.IsSure(500 + Validity - 1));
        Assert.EndsWith("(b) it hears none", _standing.Why(5_000));
    }

    [Fact]
    public void Others_are_asked_only_when_the_table_has_not_been_read_for_a_while()
    {
        _standing.Read(0, isActive: true, ["b"]);

        Assert.False(_standing.AsksOthers((Validity / 2) - 1));
        Assert.True(_standing.AsksOthers(Validity / 2));
    }

    [Theory]
    [InlineData("b", 1)]
    [InlineData("b c", 1)]
    [InlineData("b c d", 2)]
    [InlineData("b c d e", 2)]
    [InlineData("b c d e f", 3)]
    public void With_the_database_away_it_is_sure_while_most_of_the_machines_answer(string machines, int needed)
    {
        var others = machines.Split(' ');
        _standing.Read(0, isActive: true, others);
        for (var i = 0; i < needed; i++)
        {
            Assert.False(_standing.IsSure(Validity));
            _standing.Answered(others[i], 900 + i, isDead: false);
        }

        Assert.True(_standing.IsSure(900 + Validity - 1));
        Assert.False(_standing.IsSure(900 + Validity));
    }

    [Fact]
    public void Machines_that_are_not_in_the_table_do_not_count()
    {
        _standing.Read(0, isActive: true, ["b", "c"]);

        _standing.Answered("x", 900, isDead: false);

        Assert.False(_standing.IsSure(Validity));
    }

    [Fact]
    public void With_two_of_three_machines_dead_the_table_alone_makes_it_sure()
    {
        _standing.Read(0, isActive: true, ["b", "c"]);
        Assert.False(_standing.IsSure(Validity));

        _standing.Read(Validity, isActive: true, []);

        Assert.True(_standing.IsSure(Validity));
    }

    [Fact]
    public void With_the_database_away_and_alone_it_is_not_sure_and_says_why()
    {
        _standing.Read(0, isActive: true, ["b", "c"]);
        Assert.Equal("it has not read that table for 5.0 s, and of the other machines in it (b, c) it hears none", _standing.Why(5_000));

        _standing.Read(5_000, isActive: true, []);
        Assert.False(_standing.IsSure(5_000 + Validity));
        Assert.Equal("it has not read that table for 1.0 s, and there was no other machine in it to ask", _standing.Why(5_000 + Validity));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_silo_that_is_declared_dead_is_never_sure_again(bool read)
    {
        _standing.Read(0, isActive: true, ["b"]);

        if (read)
        {
            _standing.Read(100, isActive: false, ["b"]);
        }
        else
        {
            _standing.Answered("b", 100, isDead: true);
        }
        Assert.False(_standing.IsSure(100));
        _standing.Read(200, isActive: true, ["b"]);
        _standing.Answered("b", 200, isDead: false);

        Assert.False(_standing.IsSure(200));
        Assert.Equal("the table of silos has it as dead", _standing.Why(200));
    }

    [Theory]
    [InlineData(SiloStatus.Active, true)]
    [InlineData(SiloStatus.ShuttingDown, true)]
    [InlineData(SiloStatus.Stopping, true)]
    [InlineData(SiloStatus.Dead, false)]
    [InlineData(SiloStatus.Joining, null)]
    [InlineData(SiloStatus.Created, null)]
    public void A_table_says_that_a_silo_is_active_or_dead_or_nothing_of_it(SiloStatus status, bool? isActive)
    {
        var (own, other) = (SiloAddress.New(IPAddress.Loopback, 1, 1), SiloAddress.New(IPAddress.Loopback, 1, 2));
        MembershipEntry[] members = [new() { SiloAddress = own, Status = status }, new() { SiloAddress = other, Status = SiloStatus.Active }];

        Assert.Equal(isActive, StandingWatch.IsActive(members, own));
        Assert.Null(StandingWatch.IsActive(members[1..], own));
    }

    [Fact]
    public void How_long_a_read_counts_follows_from_the_options_and_is_less_than_a_home_holds_and_a_death_takes()
    {
        var homes = new HomeOptions();
        Assert.Equal(TimeSpan.FromMilliseconds(1_125), StandingWatch.ValidityOf(homes, new ClusterMembershipOptions()));

        // Orleans shortens probes to a half where it thinks well of the network.
        var quick = new ClusterMembershipOptions { ProbeTimeout = TimeSpan.FromMilliseconds(200), NumMissedProbesLimit = 3 };
        Assert.Equal(TimeSpan.FromMilliseconds(300 / 2), StandingWatch.ValidityOf(homes, quick));
    }
}
