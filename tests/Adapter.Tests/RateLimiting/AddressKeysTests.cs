using System.Net;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter.Tests.RateLimiting;

/// <summary>Which clients count as at one address.</summary>
public sealed class AddressKeysTests
{
    private readonly AddressKeys _keys = new([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8:1::/48")], 64);

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7")]
    [InlineData("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff")]
    public void One_client(string one, string other)
    {
        Assert.NotNull(Of(one));
        Assert.Equal(Of(one), Of(other));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.8")]
    [InlineData("2001:db8::1", "2001:db8:0:1::1")]
    public void Two_clients(string one, string other) => Assert.NotEqual(Of(one), Of(other));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("10.200.0.1")]
    [InlineData("::ffff:10.200.0.1")]
    [InlineData("2001:db8:1:2::3")]
    public void No_address_of_one_client(string address) => Assert.Null(Of(address));

    [Fact]
    public void An_unknown_address_is_none() => Assert.Null(_keys.Of(null));

    [Fact]
    public void Every_bit_counts_where_that_is_asked_for() =>
        Assert.NotEqual(new AddressKeys([], 128).Of(IPAddress.Parse("2001:db8::1")), new AddressKeys([], 128).Of(IPAddress.Parse("2001:db8::2")));

    private UInt128? Of(string address) => _keys.Of(IPAddress.Parse(address));
}
