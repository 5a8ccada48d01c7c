using OrleansAdapter.Grains;
using OrleansAdapter.SocketIO.Tests;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>An acknowledgement that nobody waits for goes with the next call, or a moment later by itself.</summary>
public sealed class WaitingAcknowledgementTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly List<long> _sent = [];
    private readonly WaitingAcknowledgement _waiting;

    public WaitingAcknowledgementTests() => _waiting = new WaitingAcknowledgement(_time, acknowledge => _sent.Add(acknowledge.Handled));

    public void Dispose() => _waiting.Dispose();

    [Fact]
    public void Who_takes_it_has_the_newest_and_nothing_is_sent_behind()
    {
        Put(1);
        Put(2);

        Assert.Equal(2, _waiting.Take()?.Handled);
        Assert.Null(_waiting.Take());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_sent);
    }

    [Fact]
    public void Where_nobody_takes_it_it_goes_a_moment_later_once()
    {
        Put(1);
        _time.Advance(WaitingAcknowledgement.Moment / 2);
        Put(2);
        Assert.Empty(_sent);
        _time.Advance(WaitingAcknowledgement.Moment / 2);
        Assert.Equal([2], _sent);

        _time.Advance(TimeSpan.FromSeconds(1));
        Put(3);
        _time.Advance(WaitingAcknowledgement.Moment);
        Assert.Equal([2, 3], _sent);
    }

    [Fact]
    public void While_each_is_taken_soon_none_is_sent_and_the_last_one_waits_no_longer_than_a_moment()
    {
        for (var handled = 1; handled <= 1_000; handled++)
        {
            Put(handled);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            if (handled < 1_000)
            {
                Assert.Equal(handled, _waiting.Take()?.Handled);
            }
        }
        Assert.Empty(_sent);
        _time.Advance(WaitingAcknowledgement.Moment - TimeSpan.FromMilliseconds(10));
        Assert.Equal([1_000], _sent);
    }

    private void Put(long handled) => _waiting.Put(new Acknowledge { Life = ServerId.FromBits(1), Epoch = 1, Handled = handled, MayWait = true });
}
