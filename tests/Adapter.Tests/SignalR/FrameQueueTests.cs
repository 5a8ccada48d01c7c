using OrleansAdapter.SignalR;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>What a connection's queue takes, and what it drops first.</summary>
public sealed class FrameQueueTests
{
    private readonly FrameQueue _queue = new(limit: 100, hardLimit: 100);

    [Fact]
    public void Frames_come_out_in_the_order_they_went_in()
    {
        var frames = Enumerable.Range(0, 50).Select(_ => Frame(2)).ToArray();
        foreach (var frame in frames)
        {
            Add(frame);
        }
        Assert.Equal(frames, TakeAll());
        Assert.Equal(0, _queue.Bytes);
    }

    [Fact]
    public void A_frame_that_does_not_fit_is_refused_and_the_queue_stays_as_it_is()
    {
        Add(Frame(20), times: 5);
        Assert.False(_queue.TryAdd(Frame(1), out _));
        Assert.Equal((5, 100), (_queue.Count, _queue.Bytes));
    }

    [Fact]
    public void An_empty_queue_takes_any_frame()
    {
        Add(Frame(1000));
        Assert.Equal(1000, _queue.Bytes);
    }

    [Fact]
    public void Four_of_the_largest_frame_fit_and_then_no_small_one()
    {
        Add(Frame(1000), times: 4);
        Assert.False(_queue.TryAdd(Frame(1), out _));
    }

    [Fact]
    public void The_bound_goes_back_when_the_large_frames_are_gone()
    {
        Add(Frame(1000), times: 2);
        TakeAll();
        Add(Frame(20), times: 5);
        Assert.False(_queue.TryAdd(Frame(1), out _));
    }

    [Fact]
    public void A_volatile_frame_that_does_not_fit_is_dropped_itself()
    {
        Add(Frame(20), times: 5);
        Assert.True(_queue.TryAdd(Frame(10, isVolatile: true), out var dropped));
        Assert.Equal((1, 5), (dropped, _queue.Count));
    }

    [Fact]
    public void The_oldest_volatile_frames_make_room_and_no_more_of_them_than_needed()
    {
        HubFrame[] frames = [Frame(20, true), Frame(20), Frame(20, true), Frame(20), Frame(20, true)];
        foreach (var frame in frames)
        {
            Add(frame);
        }
        var last = Frame(25);
        Assert.True(_queue.TryAdd(last, out var dropped));
        Assert.Equal(2, dropped);
        Assert.Equal([frames[1], frames[3], frames[4], last], TakeAll());
    }

    [Fact]
    public void A_single_volatile_frame_makes_room_for_one_that_is_larger_than_the_bound()
    {
        Add(Frame(90, isVolatile: true));
        Assert.True(_queue.TryAdd(Frame(30), out var dropped));
        Assert.Equal(0, dropped); // four of 90 are allowed
        Assert.Equal(2, TakeAll().Count);
    }

    [Fact]
    public void Where_even_without_volatile_frames_there_is_no_room_the_frame_is_refused()
    {
        Add(Frame(20), times: 4);
        Add(Frame(10, isVolatile: true));
        Assert.False(_queue.TryAdd(Frame(25), out var dropped));
        Assert.Equal(1, dropped);
    }

    [Fact]
    public void A_cleared_queue_is_empty_and_takes_frames_again()
    {
        Add(Frame(1000), times: 3);
        _queue.Clear();
        Assert.True(_queue.IsEmpty);
        Assert.Equal(0, _queue.Bytes);
        Add(Frame(20), times: 5);
    }

    private static HubFrame Frame(int size, bool isVolatile = false) => new("test", new byte[size], isVolatile);

    private void Add(HubFrame frame, int times = 1)
    {
        for (; times > 0; times--)
        {
            Assert.True(_queue.TryAdd(frame, out var dropped));
            Assert.Equal(0, dropped);
        }
    }

    private List<HubFrame> TakeAll()
    {
        List<HubFrame> frames = [];
        while (_queue.TryTake(out var frame))
        {
            frames.Add(frame);
        }
        return frames;
    }
}
