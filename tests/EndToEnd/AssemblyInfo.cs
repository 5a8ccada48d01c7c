using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using OrleansAdapter.Hosting;

// Three clusters at a time, for most of a test is waiting. What tests a promise that names a time runs alone (see the collection Alone).
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

// Signals, modes of files and Unix domain sockets.
[assembly: UnsupportedOSPlatform("windows")]

namespace OrleansAdapter.EndToEnd;

/// <summary>Hundreds of clusters are started here, and most serve for a moment only: their workers start cold, but where a test says otherwise.</summary>
internal static class ColdWorkers
{
    [ModuleInitializer]
    public static void Choose() => Environment.SetEnvironmentVariable(WarmUp.Variable, "false");
}

/// <summary>Classes that want the machine to themselves: another cluster beside theirs would say nothing about a promise that names a time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
