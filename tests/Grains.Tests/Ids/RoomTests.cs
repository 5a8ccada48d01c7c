namespace OrleansAdapter.Grains.Tests.Ids;

public sealed class RoomTests
{
    [Fact]
    public void A_name_may_be_any_text_of_up_to_1024_bytes()
    {
        Assert.Equal("a", Room.Named("a").Name);
        Assert.Equal(1024, Room.Named(new string('x', 1024)).Name.Length);
        Assert.Equal(512, Room.Named(new string('é', 512)).Name.Length);
        Assert.Equal(512, Room.Named(string.Concat(Enumerable.Repeat("🙂", 256))).Name.Length);
        Assert.Equal("\0\n ", Room.Named("\0\n ").Name);
    }

    [Fact]
    public void An_empty_name_is_refused_and_the_whole_namespace_has_a_key_of_its_own()
    {
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => Room.Named("")).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => Room.OfUser("")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => Room.Named(null!));
        Assert.Equal("", Room.Everyone.Name);
    }

    [Theory]
    [InlineData(1025, "x")]
    [InlineData(513, "é")]
    [InlineData(257, "🙂")]
    public void A_name_over_1024_bytes_is_refused_and_the_error_says_how_long_it_is(int times, string text)
    {
        var name = string.Concat(Enumerable.Repeat(text, times));

        var error = Assert.Throws<ArgumentException>(() => Room.Named(name));

        Assert.Contains($"{System.Text.Encoding.UTF8.GetByteCount(name)} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_is_refused()
    {
        // Not as test data: attributes cannot carry them.
        foreach (var name in new[] { "\ud83d", "a\udc00b", "\udc00\ud83d" })
        {
            Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => Room.Named(name)).Message, StringComparison.Ordinal);
            Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => Room.OfUser(name)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rooms_and_users_of_the_same_name_are_different_keys()
    {
        Assert.NotEqual(Room.Named("ann"), Room.OfUser("ann"));
        Assert.Equal(Room.Named("ann"), Room.Named("ann"));
        Assert.NotEqual(Room.Named("ann"), Room.Named("Ann"));
        Assert.NotEqual(Room.Named("\u00e9"), Room.Named("e\u0301"));
    }
}
