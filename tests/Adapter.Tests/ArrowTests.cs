using System.Reflection;

namespace OrleansAdapter.Tests;

/// <summary>The arrows of the design that a project reference alone does not guard.</summary>
public sealed class ArrowTests
{
    /// <summary>What Orleans' own connections are made of: it knows bytes, and no protocol.</summary>
    private const string OrleansConnections = "Microsoft.AspNetCore.Connections.Abstractions";

    [Theory]
    [InlineData("OrleansAdapter")]
    [InlineData("OrleansAdapter.Grains.Abstractions")]
    public void What_an_application_references_knows_no_engine(string assembly) =>
        Assert.DoesNotContain("OrleansAdapter.Grains", ReferencesOf(assembly));

    [Fact]
    public void The_adapter_does_not_know_Orleans() =>
        Assert.DoesNotContain(ReferencesOf("OrleansAdapter"), name => name.StartsWith("Orleans.", StringComparison.Ordinal));

    [Theory]
    [InlineData("OrleansAdapter.Grains")]
    [InlineData("OrleansAdapter.Grains.Abstractions")]
    public void The_directory_knows_no_client_protocol(string assembly) =>
        Assert.DoesNotContain(ReferencesOf(assembly), name => name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) && name != OrleansConnections);

    private static IEnumerable<string> ReferencesOf(string assembly) =>
        Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name ?? "");
}
