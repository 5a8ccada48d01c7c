
namespace OrleansAdapter.Grains.Tests.Codec;

public sealed class ProtocolVersionTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(1, 2, 1, 1, 1)]
    [InlineData(1, 1, 1, 2, 1)]
    [InlineData(1, 2, 2, 3, 2)]
    [InlineData(2, 3, 1, 2, 2)]
    [InlineData(4, 5, 4, 5, 5)]
    public void Both_sides_use_the_newest_version_they_share(byte ourOldest, byte ourCurrent, byte theirOldest, byte theirCurrent, byte expected)
    {
        Assert.Equal(expected, ProtocolVersion.Negotiate(new(ourOldest, ourCurrent), new(theirOldest, theirCurrent)));
        Assert.Equal(expected, ProtocolVersion.Negotiate(new(theirOldest, theirCurrent), new(ourOldest, ourCurrent)));
    }

    [Theory]
    [InlineData(1, 1, 2, 3, "version 1", "versions 2 to 3")]
    [InlineData(3, 4, 1, 2, "versions 3 to 4", "versions 1 to 2")]
    [InlineData(1, 1, 9, 1, "version 1", "versions 9 to 1")]
    public void Without_one_in_common_they_refuse_and_name_both_ranges(
        byte ourOldest, byte ourCurrent, byte theirOldest, byte theirCurrent, string ours, string theirs)
    {
        var error = Assert.Throws<ProtocolException>(() => ProtocolVersion.Negotiate(new(ourOldest, ourCurrent), new(theirOldest, theirCurrent)));

        Assert.Contains(ours, error.Message);
        Assert.Contains(theirs, error.Message);
    }

    [Fact]
    public void This_build_speaks_its_version_and_at_most_the_one_before()
    {
        Assert.InRange(ProtocolVersion.Current - ProtocolVersion.Oldest, 0, 1);
        Assert.True(ProtocolVersion.Ours.Contains(ProtocolVersion.Current));
        Assert.False(ProtocolVersion.Ours.Contains(ProtocolVersion.Current + 1));
    }
}
