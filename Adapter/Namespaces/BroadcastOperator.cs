using System.Collections.Immutable;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;

namespace OrleansAdapter;

/// <summary>Whom a broadcast is for, and how it goes. Immutable.</summary>
public sealed partial class BroadcastOperator : BroadcastRoot
{
    private readonly ImmutableArray<Room> _rooms;
    private readonly ImmutableArray<Room> _except;
    private readonly BroadcastFlags _flags;
    private readonly bool _local;
    private readonly TimeSpan? _timeout;

    internal BroadcastOperator(Namespace owner)
        : this(owner, [], [], BroadcastFlags.None, false, null)
    {
    }

    private BroadcastOperator(Namespace owner, ImmutableArray<Room> rooms, ImmutableArray<Room> except, BroadcastFlags flags, bool local, TimeSpan? timeout)
    {
        Owner = owner;
        (_rooms, _except, _flags, _local, _timeout) = (rooms, except, flags, local, timeout);
    }

    internal override Namespace Owner { get; }

    /// <summary>The target that this operator stands for.</summary>
    internal BroadcastTarget Target => new(_rooms.IsEmpty ? [Room.Everyone] : [.. _rooms], [], [.. _except], null, _flags);

    internal BroadcastOperator WithRooms(ReadOnlySpan<string> rooms) => new(Owner, Add(_rooms, rooms), _except, _flags, _local, _timeout);

    internal BroadcastOperator WithoutRooms(ReadOnlySpan<string> rooms) => new(Owner, _rooms, Add(_except, rooms), _flags, _local, _timeout);

    internal BroadcastOperator With(Room room) => new(Owner, _rooms.Add(room), _except, _flags, _local, _timeout);

    internal BroadcastOperator With(BroadcastFlags flag) => new(Owner, _rooms, _except, _flags | flag, _local, _timeout);

    internal BroadcastOperator Without(BroadcastFlags flag) => new(Owner, _rooms, _except, _flags & ~flag, _local, _timeout);

    internal BroadcastOperator OnlyLocal() => new(Owner, _rooms, _except, _flags, true, _timeout);

    internal BroadcastOperator WithTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, OrleansAdapterOptions.LongestTimeout);
        return new(Owner, _rooms, _except, _flags, _local, timeout);
    }

    internal Task EmitCore(string @event, ReadOnlySpan<object?> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(@event);
        var json = BinaryArguments.Write(arguments, Owner.Server.Options.JsonSerializerOptions, out var attachments);
        if (_local)
        {
            return Owner.EmitLocallyAsync(Target, new Packet(@event, json, attachments, [], _flags));
        }
        var task = Owner.PublishAsync(Operation.Emit(Target, PacketCodec.Encode(@event, json, attachments, [])));
        return _timeout is { } timeout ? WithinAsync(task, timeout) : task;
    }

    private protected override BroadcastOperator Operator() => this;

    private async Task WithinAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout, Owner.Server.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw OperationException.For(Owner.Server.IsStarted ? OperationFailure.TimedOut : OperationFailure.NotStarted, "a publish");
        }
    }

    private static ImmutableArray<Room> Add(ImmutableArray<Room> to, ReadOnlySpan<string> rooms)
    {
        var builder = to.ToBuilder();
        foreach (var room in rooms)
        {
            builder.Add(Room.Named(room));
        }
        return builder.ToImmutable();
    }
}
