using OrleansAdapter.Replication;

namespace OrleansAdapter.Tests.Replication;

/// <summary>An own operation that remembers how it went.</summary>
internal sealed class TestOperation(Operation operation) : PendingOperation(operation)
{
    public static readonly Room Red = Room.Named("red");

    /// <summary>What happened to it, in order.</summary>
    public List<string> Events { get; } = [];

    public IReadOnlyList<ServerId>? Targets { get; private set; }

    public static TestOperation Emit(int bytes = 10) => new(Operation.Emit(BroadcastTarget.Of(Red), new byte[bytes]));

    public static TestOperation Request() => new(Operation.Request(BroadcastTarget.Of(Red), new byte[1]));

    public static TestOperation Join() => new(Operation.Own(Red, member: true, 0));

    protected override void OnAccepted(IReadOnlyList<ServerId>? targets)
    {
        Events.Add("accepted");
        Targets = targets;
    }

    protected override void OnSucceeded() => Events.Add("succeeded");

    protected override void OnFailed(OperationFailure failure) => Events.Add(failure.ToString());
}
