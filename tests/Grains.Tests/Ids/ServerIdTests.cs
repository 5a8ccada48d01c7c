namespace OrleansAdapter.Grains.Tests.Ids;

public sealed class ServerIdTests
{
    [Fact]
    public void A_new_process_has_a_random_id_at_incarnation_one()
    {
        var ids = Enumerable.Range(0, 10_000).Select(_ => ServerId.NewProcess()).ToArray();

        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal(1UL, id.Bits & 0xFFF));
        var everSet = ids.Aggregate(0UL, (bits, id) => bits | id.Bits);
        var alwaysSet = ids.Aggregate(ulong.MaxValue, (bits, id) => bits & id.Bits);
        Assert.Equal(0xFFFF_FFFF_F001UL, everSet);
        Assert.Equal(1UL, alwaysSet);
    }

    [Fact]
    public void Its_text_is_eight_characters_that_read_back()
    {
        foreach (var id in new[] { ServerId.NewProcess(), ServerId.FromBits(1), ServerId.FromBits(ulong.MaxValue), ServerId.FromBits(0x0F0F_0F0F_0F0F) })
        {
            Assert.Matches("^[A-Za-z0-9_-]{8}$", id.ToString());
            Assert.True(ServerId.TryParse(id.ToString(), out var read));
            Assert.Equal(id, read);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAAAAA")]
    [InlineData("AAAAAAAAB")]
    [InlineData("AAAAAAAA")]
    [InlineData("AAAA+AAB")]
    [InlineData("AAAA/AAB")]
    [InlineData("AAAA AAB")]
    [InlineData("AAAAAAB=")]
    [InlineData("AAAAAA==")]
    [InlineData("AAAAAAÄB")]
    [InlineData("AAAAAA\nB")]
    public void Anything_else_is_no_id(string text)
    {
        Assert.False(ServerId.TryParse(text, out var id));
        Assert.True(id.IsNone);
    }

    [Fact]
    public void Incarnations_move_on_within_the_process_and_skip_zero()
    {
        var first = ServerId.NewProcess();
        var last = ServerId.FromBits(first.Bits | 0xFFF);

        Assert.Equal(first.Bits + 1, first.NextIncarnation().Bits);
        Assert.Equal(first.Process, first.NextIncarnation().Process);
        Assert.Equal(first, last.NextIncarnation());
        Assert.Equal(0UL, first.Process.Bits & 0xFFF);
    }

    [Fact]
    public void Equality_and_order_follow_the_bits()
    {
        var (small, large) = (ServerId.FromBits(5), ServerId.FromBits(6));

        Assert.True(small < large && large > small && small <= large && large >= small && small != large);
        Assert.True(small == ServerId.FromBits(5));
        Assert.Equal(small.GetHashCode(), ServerId.FromBits(5).GetHashCode());
        Assert.False(small.Equals("5"));
        Assert.Equal(ServerId.FromBits(5), ServerId.FromBits(5 | (1UL << 48)));
    }
}
