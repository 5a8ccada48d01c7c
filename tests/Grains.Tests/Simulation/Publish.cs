using System.Buffers.Binary;
using System.Text;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>One operation that somebody published, and what became of it. Times are moments of the <see cref="Recording"/>.</summary>
internal sealed class Publish(Recording recording, int index, ServerId publisher, Operation operation) : PendingOperation(operation)
{
    /// <summary>Its place among all of the run; what a packet carries.</summary>
    public int Index { get; } = index;

    public ServerId Publisher { get; } = publisher;

    public long Invoked { get; } = recording.NextMoment();

    /// <summary>When its task ended well; null where it did not.</summary>
    public long? Success { get; private set; }

    /// <summary>Why its task failed; null where it did not.</summary>
    public OperationFailure? Failure { get; private set; }

    /// <summary>Whether its publisher knew what became of it.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Whether PROTOCOL.md promises nothing: its publisher was lost together with the directory ("Deliberately not promised", 1).</summary>
    public bool IsExempt { get; set; }

    /// <summary>The number that the newest home gave it; 0 for none.</summary>
    public long HomeNumber { get; set; }

    /// <summary>The epoch of the home that gave it.</summary>
    public long HomeEpoch { get; set; }

    /// <summary>A request: where the newest home that could tell said that it went.</summary>
    public IReadOnlyList<ServerId>? Targets { get; private set; }

    /// <summary>A request: a home could not tell where it went, so that some of its targets may have left and never get it.</summary>
    public bool LostTargets { get; private set; }

    /// <summary>The lives that handled it.</summary>
    public List<ServerId> HandledBy { get; } = [];

    /// <summary>A request: how it ends for whoever asked.</summary>
    public PendingRequest? Request { get; set; }

    /// <summary>A request: the lives that answered it, or would have.</summary>
    public List<ServerId> Answered { get; } = [];

    /// <summary>A request: the lives that got it and do not answer.</summary>
    public List<ServerId> Silent { get; } = [];

    public static Operation Emit(BroadcastTarget target, int index) =>
        Operation.Emit(target, PacketCodec.Encode("said", Encoding.UTF8.GetBytes($"[{index}]"), [], []));

    public static Operation Ask(BroadcastTarget target, int index)
    {
        var body = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(body, index);
        return Operation.Request(target, body);
    }

    /// <summary>A request has a deadline of its own, as the real one.</summary>
    public override void TimeOut(OperationFailure failure)
    {
        if (Request is null)
        {
            base.TimeOut(failure);
        }
    }

    public override string ToString() => $"#{Index} ({Operation.Kind} of {Publisher}, p {Position}, n {HomeNumber})";

    protected override void OnAccepted(IReadOnlyList<ServerId>? targets)
    {
        IsKnown = true;
        LostTargets |= targets is null;
        Targets = targets ?? Targets;
        Request?.Answer(0, 0, OperationOutcome.Accepted, targets);
    }

    protected override void OnSucceeded()
    {
        IsKnown = true;
        Success = recording.NextMoment();
        recording.Log($"SUCCESS {this}");
    }

    protected override void OnFailed(OperationFailure failure)
    {
        Failure = failure;
        IsKnown |= failure != OperationFailure.TimedOut;
        Request?.Fail(failure);
        recording.NextMoment();
        recording.Log($"FAILURE {this}: {failure}");
    }
}
