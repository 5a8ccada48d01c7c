using System.Threading.Channels;
using OrleansAdapter.SocketIO.Protocol;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests;

/// <summary>The queue of a socket's events by itself: what is said when something waits, and what it allocates.</summary>
public sealed class EventQueueTests : IEventQueueOwner
{
    private readonly ManualTime _time = new();
    private readonly Channel<(HeldUp What, double Seconds, int Waiting)> _heldUp = Channel.CreateUnbounded<(HeldUp, double, int)>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static ReceivedPacket Event => new(SocketIOPacketType.Event, "/", null) { Event = "event" };

    TimeProvider IEventQueueOwner.Time => _time;

    ValueTask IEventQueueOwner.HandleAsync(object item) => item is ReceivedPacket ? Handle() : new ValueTask(((Func<Task>)item)());

    void IEventQueueOwner.Failed(Exception exception) => Assert.Fail(exception.ToString());

    void IEventQueueOwner.HeldUp(HeldUp what, TimeSpan waited, int waiting) => _heldUp.Writer.TryWrite((what, waited.TotalSeconds, waiting));

    private Func<ValueTask> Handle { get; set; } = static () => ValueTask.CompletedTask;

    private EventQueue Queue(int limit = 100) => new(this, limit, 1000, 2000, HandlerScheduling.Interleaved);

    [Fact]
    public async Task A_handler_that_never_gives_way_is_named_after_three_seconds_and_then_every_minute()
    {
        var (queue, running, released) = (Queue(), new TaskCompletionSource(), new TaskCompletionSource());
        Handle = () =>
        {
            running.TrySetResult();
            released.Task.Wait(Cancellation);
            return ValueTask.CompletedTask;
        };
        queue.Add(Event, 1);
        await running.Task.InTimeAsync();
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_heldUp.Reader.TryRead(out _)); // nobody waits for it
        queue.Post(static _ => { }, null);
        queue.Add(Event, 1);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(_heldUp.Reader.TryRead(out _));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((HeldUp.Turn, 3, 2), await _heldUp.NextAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((HeldUp.Turn, 63, 2), await _heldUp.NextAsync());
        released.SetResult();
        await UntilIdleAsync(queue);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_heldUp.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Events_that_wait_for_OnConnection_and_a_client_that_is_not_read_are_named_as_well()
    {
        var (queue, begun, connecting, handling) = (Queue(limit: 1), new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        Handle = () => new ValueTask(handling.Task);
        Func<Task> connect = () =>
        {
            begun.SetResult();
            return connecting.Task;
        };
        queue.Add(connect, 0);
        await begun.Task.InTimeAsync();
        queue.Add(Event, 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((HeldUp.Connection, 3, 1), await _heldUp.NextAsync());
        connecting.SetResult();
        await QuietAsync(queue);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_heldUp.Reader.TryRead(out _)); // one handler awaits something: nobody else waits
        queue.Add(Event, 1);
        await QuietAsync(queue);
        _time.Advance(TimeSpan.FromMinutes(5));
        var ready = queue.WhenReadyAsync();
        Assert.False(ready.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((HeldUp.Reading, 3, 2), await _heldUp.NextAsync());
        handling.SetResult();
        await ready.AsTask().InTimeAsync();
        await UntilIdleAsync(queue);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_heldUp.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Bytes_count_until_handlers_are_over()
    {
        var (queue, handling) = (Queue(), new TaskCompletionSource());
        Handle = () => new ValueTask(handling.Task);
        queue.Add(Event, 1000);
        await QuietAsync(queue);
        Assert.False(queue.IsFull);
        queue.Add(Event, 1);
        await QuietAsync(queue);
        Assert.True(queue.IsFull);
        Assert.False(queue.IsOverfull);
        queue.Add(Event, 1000);
        Assert.True(queue.IsOverfull);
        handling.SetResult();
        await UntilIdleAsync(queue);
        Assert.False(queue.IsFull || queue.IsOverfull);
    }

    [Fact]
    public async Task Who_goes_on_for_ever_and_who_sends_for_ever_leave_each_other_room()
    {
        var (queue, stop, handled) = (Queue(int.MaxValue), false, new TaskCompletionSource());
        void GoOn(object? _)
        {
            if (!Volatile.Read(ref stop))
            {
                queue.Post(GoOn, null);
            }
        }
        Handle = () =>
        {
            handled.TrySetResult();
            return ValueTask.CompletedTask;
        };
        queue.Post(GoOn, null);
        queue.Add(Event, 0);
        await handled.Task.InTimeAsync();
        Volatile.Write(ref stop, true);
        await UntilIdleAsync(queue);
    }

    [Fact]
    public async Task Blocking_a_thread_for_a_turn_of_the_socket_is_refused()
    {
        var (queue, within) = (Queue(), new TaskCompletionSource<int>());
        Assert.Same(queue, queue.CreateCopy());
        Assert.Throws<NotSupportedException>(() => queue.Send(static _ => { }, null));
        queue.Post(_ => queue.Send(_ => within.SetResult(1), null), null);
        Assert.Equal(1, await within.Task.InTimeAsync());
    }

    [Fact]
    public async Task An_event_and_what_is_posted_for_it_allocate_nothing_in_the_queue()
    {
        const int each = 35; // three times as many, with what is posted, are done in one go
        var (queue, allocated, handled, before, least) = (Queue(int.MaxValue), new TaskCompletionSource<long>(), 0, 0L, long.MaxValue);
        SendOrPostCallback posted = static _ => { };
        var packet = Event;
        Handle = () =>
        {
            // What is added while the queue runs is done in the same turn, on the same thread.
            if (handled++ % each == 0)
            {
                least = handled == 1 ? least : Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
                if (handled > Allocated.Runs * each)
                {
                    allocated.SetResult(least);
                    return ValueTask.CompletedTask;
                }
                before = GC.GetAllocatedBytesForCurrentThread();
            }
            queue.Post(posted, null);
            queue.Add(packet, 1);
            return ValueTask.CompletedTask;
        };
        queue.Add(packet, 1);
        Assert.Equal(0, await allocated.Task.InTimeAsync());
    }

    private static async Task UntilIdleAsync(EventQueue queue)
    {
        await InTime.UntilAsync(() => !queue.IsRunning);
    }

    /// <summary>Waits until it has done all that may be done now: what is posted now runs last.</summary>
    private static async Task QuietAsync(EventQueue queue)
    {
        for (var i = 0; i < 3; i++)
        {
            var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Post(_ => ran.SetResult(), null);
            await ran.Task.InTimeAsync();
        }
    }
}
