using System.Reflection;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Tests;

/// <summary>The arrows of the design that a project reference alone does not guard.</summary>
public sealed class ArrowTests
{
    /// <summary>What Orleans' own connections are made of: it knows bytes, and no protocol.</summary>
    private const string OrleansConnections = "Microsoft.AspNetCore.Connections.Abstractions";

    /// <summary>
    /// The floors of Adapter, from the ground up: each may use those before it. The first are the files that lie in no folder: options, log, metrics. Of a
    /// worker's life, Draining is lowest: what passes requests on has them end when the server leaves, and what a primary hands over ends then too. Hosting
    /// puts all of it into a host.
    /// </summary>
    private static readonly string[] Floors =
        ["", "RateLimiting", "Packets", "Replication", "Requests", "Namespaces", "Draining", "Forwarding", "Primary", "Hosting"];

    /// <summary>The fronts, which are above all floors, and which other front each may use.</summary>
    private static readonly Dictionary<string, string[]> Fronts = new()
    {
        ["EngineIO"] = [],
        ["SocketIO"] = ["EngineIO"],
        ["SignalR"] = [],
        ["Admin"] = ["EngineIO", "SocketIO", "SignalR"],
    };

    /// <summary>The same for the program that runs a cluster: the first are its exceptions, and Program.cs stands above all.</summary>
    private static readonly string[] ProgramFloors = ["", "Status", "Kubernetes", "Directory", "Front", "Observation", "Primary", "Commands"];

    [Fact]
    public void The_adapter_knows_neither_Orleans_nor_the_directory()
    {
        var references = ReferencesOf("OrleansAdapter.Adapter").ToArray();
        Assert.DoesNotContain(references, name => name.StartsWith("Orleans.", StringComparison.Ordinal));
        Assert.DoesNotContain("OrleansAdapter.Grains", references);
    }

    /// <summary>Metrics and traces are .NET's own; who exports them takes a package more.</summary>
    [Theory]
    [InlineData("OrleansAdapter.Adapter")]
    [InlineData("OrleansAdapter.Grains")]
    [InlineData("OrleansAdapter.Grains.Abstractions")]
    public void The_library_knows_no_exporter(string assembly) =>
        Assert.DoesNotContain(ReferencesOf(assembly), name => name.StartsWith("OpenTelemetry", StringComparison.Ordinal));

    [Fact]
    public void What_other_services_see_knows_no_directory() =>
        Assert.DoesNotContain("OrleansAdapter.Grains", ReferencesOf("OrleansAdapter.Grains.Abstractions"));

    [Theory]
    [InlineData("OrleansAdapter.Grains")]
    [InlineData("OrleansAdapter.Grains.Abstractions")]
    public void The_directory_knows_no_client_protocol(string assembly)
    {
        var references = ReferencesOf(assembly).ToArray();
        Assert.DoesNotContain(references, name => name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) && name != OrleansConnections);
        Assert.DoesNotContain("OrleansAdapter.Adapter", references);
    }

    [Fact]
    public void A_floor_of_the_adapter_uses_none_above_it()
    {
        var folder = Path.Combine(Checkout.Root, "Adapter");
        var files = SourceFile.ReadAll(folder).ToArray();
        var known = Floors.Concat(Fronts.Keys).Order(StringComparer.Ordinal);
        Assert.Equal(known, files.Select(file => file.Folder).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(SourceFile.Uses(files, MayUse));
    }

    /// <summary>What stands before the workers knows nothing of who starts them, and what tells the status nothing of either.</summary>
    [Fact]
    public void A_floor_of_the_program_uses_none_above_it()
    {
        var files = SourceFile.ReadAll(Path.Combine(Checkout.Root, "Silo")).Where(file => file.ToString() != "Program.cs").ToArray();
        Assert.Equal(ProgramFloors.Order(StringComparer.Ordinal), files.Select(file => file.Folder).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(SourceFile.Uses(files, (user, used) => IsBelow(ProgramFloors, used, user)));
    }

    [Fact]
    public void A_use_of_a_higher_floor_is_found_in_code_and_not_in_what_is_said()
    {
        SourceFile[] files =
        [
            new("Namespaces/Namespace.cs", "internal sealed class Namespace { private sealed class Inner; }"),
            new("Namespaces/Names.cs", "internal static class Names\n{\n    public static void Rename(this string name) { }\n}"),
            new("Requests/Comment.cs", "/// <see cref=\"Namespace\"/>\n/* Namespace */ internal class A; // Namespace"),
            new("Requests/Text.cs", "internal class M { string a = \"Namespace\", b = $\"Namespace {1}\"; char c = '\"'; }"),
            new("Requests/Nested.cs", "internal class B { Inner i; }"),
            new("Requests/Type.cs", "internal class C { List<Namespace?> all; }"),
            new("Requests/Hole.cs", "internal class D { string d = $\"{nameof(Namespace)}\"; }"),
            new("Requests/Member.cs", "internal class H\n{\n    public int Namespace { get; }\n}\ninternal enum K\n{\n    Namespace = 1,\n}"),
            new("Requests/MemberOfType.cs", "internal class L\n{\n    public Namespace Namespace { get; }\n}"),
            new("Requests/Extension.cs", "internal class E { void F() => \"\".Rename(); }"),
            new("SignalR/Front.cs", "internal class G { Namespace g; }"),
        ];
        Assert.Equal(
            [
                "Requests/Extension.cs uses Rename of Namespaces",
                "Requests/Hole.cs uses Namespace of Namespaces",
                "Requests/MemberOfType.cs uses Namespace of Namespaces",
                "Requests/Type.cs uses Namespace of Namespaces",
            ],
            SourceFile.Uses(files, MayUse).Order(StringComparer.Ordinal));
    }

    private static bool MayUse(string user, string used) => Fronts.TryGetValue(user, out var fronts)
        ? Floors.Contains(used) || fronts.Contains(used)
        : IsBelow(Floors, used, user);

    private static bool IsBelow(string[] floors, string lower, string higher) =>
        Array.IndexOf(floors, lower) is >= 0 and var at && at < Array.IndexOf(floors, higher);

    private static IEnumerable<string> ReferencesOf(string assembly) =>
        Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name ?? "");
}
