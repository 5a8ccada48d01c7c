using System.Reflection;
using OrleansAdapter.Admin;
using OrleansAdapter.Grains;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Tests.Documentation;

/// <summary>docs/OPERATIONS.md lists every option that a host can set.</summary>
public sealed class OptionsTests
{
    [Theory]
    [InlineData(typeof(OrleansAdapterOptions))]
    [InlineData(typeof(ForwardingOptions))]
    [InlineData(typeof(WarmUpOptions))]
    [InlineData(typeof(HubRecoveryOptions))]
    [InlineData(typeof(SocketIOOptions))]
    [InlineData(typeof(SocketIOAdminOptions))]
    [InlineData(typeof(RateLimitOptions))]
    [InlineData(typeof(RateLimit))]
    [InlineData(typeof(ConnectionStateRecoveryOptions))]
    [InlineData(typeof(DirectoryClusterOptions))]
    [InlineData(typeof(DirectoryOptions))]
    [InlineData(typeof(TlsFiles))]
    [InlineData(typeof(HomeOptions))]
    [InlineData(typeof(ServersOptions))]
    public void The_table_of_options_has_each(Type options)
    {
        var documented = MarkdownTables.RowsOf("OPERATIONS.md", options.Name, "option", "default", "what it is").SelectMany(row => row[0].Split(", "));
        var there = options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);
        Assert.Equal(there.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
