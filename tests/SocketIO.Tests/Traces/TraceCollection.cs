namespace OrleansAdapter.SocketIO.Tests.Traces;

/// <summary>Tests that listen to activities, and one that measures what it costs that nobody does: one after the other, and beside no others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TraceCollection
{
    public const string Name = "traces";
}
