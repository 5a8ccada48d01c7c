namespace OrleansAdapter.Grains.Tests.Ids;

public sealed class SocketIdTests
{
    private static readonly ServerId Server = ServerId.NewProcess();

    [Fact]
    public void Its_text_is_twenty_characters_that_begin_with_the_server_and_read_back()
    {
        var id = SocketId.New(Server);

        Assert.Matches("^[A-Za-z0-9_-]{20}$", id.ToString());
        Assert.StartsWith(Server.ToString(), id.ToString(), StringComparison.Ordinal);
        Assert.True(SocketId.TryParse(id.ToString(), out var read));
        Assert.Equal(id, read);
        Assert.Equal(Server, read.Server);
        Assert.Equal(id.GetHashCode(), read.GetHashCode());
    }

    [Fact]
    public void Seventy_two_of_its_bits_are_random()
    {
        var set = new byte[SocketId.ByteLength];
        var clear = new byte[SocketId.ByteLength];
        var seen = new HashSet<SocketId>();
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[SocketId.ByteLength];
            var id = SocketId.New(Server);
            id.Write(bytes);
            Assert.True(seen.Add(id));
            for (var b = 0; b < bytes.Length; b++)
            {
                set[b] |= bytes[b];
                clear[b] |= (byte)~bytes[b];
            }
        }

        var changing = set.Zip(clear, (s, c) => System.Numerics.BitOperations.PopCount((uint)(s & c))).Sum();
        Assert.Equal(72, changing);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAAAAABAAAAAAAAAAA")]
    [InlineData("AAAAAAABAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAABAAAAAAAAAAA=")]
    [InlineData("AAAAAAABAAAA+AAAAAAA")]
    [InlineData("AAAAAAABAAAA/AAAAAAA")]
    [InlineData("AAAAAAABAAAA AAAAAAA")]
    [InlineData("AAAAAAABAAAAéAAAAAAA")]
    public void Anything_else_is_no_id(string text)
    {
        Assert.False(SocketId.TryParse(text, out var id));
        Assert.True(id.IsNone);
    }

    [Fact]
    public void Ids_differ_by_their_server_and_by_their_bits()
    {
        Assert.NotEqual(SocketId.FromParts(Server, 1), SocketId.FromParts(Server, 2));
        Assert.NotEqual(SocketId.FromParts(Server, 1), SocketId.FromParts(Server.NextIncarnation(), 1));
        Assert.True(SocketId.FromParts(Server, 1) == SocketId.FromParts(Server, 1));
        Assert.True(SocketId.FromParts(Server, 1) != SocketId.FromParts(Server, 2));
        Assert.False(SocketId.FromParts(Server, 1).Equals("x"));
    }
}
