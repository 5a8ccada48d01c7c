using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using OrleansAdapter.Primary;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Tests.Primary;

/// <summary>Writes to a client that go to its socket in the call that flushes them.</summary>
public sealed class SocketOutputTests : IDisposable
{
    private const int Much = SocketPair.Much;

    private readonly SocketPair _sockets = new();
    private readonly Pipe _transport = new();
    private readonly SocketOutput _output;

    public SocketOutputTests() => _output = new SocketOutput(_sockets.Server, _transport.Writer);

    [Fact]
    public async Task What_is_flushed_is_with_the_system_when_the_call_returns()
    {
        "some"u8.CopyTo(_output.GetSpan(4));
        _output.Advance(4);
        _output.Write(" bytes"u8);
        Assert.Equal(10, _output.UnflushedBytes);

        var flush = _output.FlushAsync(TestContext.Current.CancellationToken).AsTask();

        Assert.True(flush.IsCompletedSuccessfully);
        Assert.Equal((false, false), Said(await flush));
        Assert.Equal(0, _output.UnflushedBytes);
        Assert.Equal("some bytes"u8.ToArray(), await _sockets.ReadAsync(10));
        Assert.False(_transport.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Shared_bytes_go_behind_what_was_written_and_not_flushed()
    {
        _output.Write("first, "u8);

        var send = _output.SendAsync("second"u8.ToArray()).AsTask();

        Assert.True(send.IsCompletedSuccessfully);
        Assert.Equal("first, second"u8.ToArray(), await _sockets.ReadAsync(13));
    }

    [Fact]
    public async Task Shared_bytes_are_sent_without_an_object_for_them()
    {
        ReadOnlyMemory<byte> frame = new byte[300];
        await _output.SendAsync(frame);

        var least = long.MaxValue;
        for (var run = 0; run < Allocated.Runs; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            await _output.SendAsync(frame);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        const int sent = (1 + Allocated.Runs) * 300;
        Assert.Equal(sent, (await _sockets.ReadAsync(sent)).Length);
    }

    [Fact]
    public async Task What_the_system_takes_at_once_is_told_and_the_rest_is_sent_behind_it()
    {
        var bytes = RandomNumberGenerator.GetBytes(Much);

        var sent = _output.SendNow(bytes);

        Assert.InRange(sent, 1, Much - 1);
        var rest = _output.SendAsync(bytes.AsMemory(sent)).AsTask();
        Assert.False(rest.IsCompleted);
        Assert.Equal(0, _output.SendNow("not before the rest"u8));
        Assert.Equal(bytes, await _sockets.ReadAsync(Much));
        await rest;
    }

    [Fact]
    public void Nothing_is_sent_at_once_before_what_was_written_and_not_flushed()
    {
        _output.Write("first"u8);

        Assert.Equal(0, _output.SendNow("second"u8));
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_waited_for_and_gets_everything_in_order()
    {
        var bytes = RandomNumberGenerator.GetBytes(Much);
        _output.Write(bytes);
        var flush = _output.FlushAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(flush.IsCompleted);

        // As Kestrel does behind a flush that was given up.
        var behind = RandomNumberGenerator.GetBytes(Much);
        var second = _output.SendAsync(behind).AsTask();
        Assert.False(second.IsCompleted);

        Assert.Equal(bytes, await _sockets.ReadAsync(Much));
        Assert.Equal(behind, await _sockets.ReadAsync(Much));
        Assert.Equal((false, false), Said(await flush.InTimeAsync()));
        Assert.Equal((false, false), Said(await second.InTimeAsync()));
    }

    [Fact]
    public async Task A_flush_that_waits_can_be_given_up_and_its_bytes_go_nevertheless()
    {
        var bytes = RandomNumberGenerator.GetBytes(Much);
        var flush = _output.SendAsync(bytes).AsTask();

        _output.CancelPendingFlush();

        Assert.Equal((true, false), Said(await flush.InTimeAsync()));
        Assert.Equal(bytes, await _sockets.ReadAsync(Much));
    }

    [Fact]
    public async Task With_no_flush_that_waits_the_next_one_is_given_up()
    {
        _output.CancelPendingFlush();

        Assert.Equal((true, false), Said(await _output.SendAsync(new byte[10])));
        Assert.Equal((false, false), Said(await _output.SendAsync(new byte[10])));
        Assert.Equal(20, (await _sockets.ReadAsync(20)).Length);
    }

    [Fact]
    public async Task The_token_of_a_flush_ends_its_wait()
    {
        using var source = new CancellationTokenSource();
        _output.Write(new byte[Much]);
        var flush = _output.FlushAsync(source.Token).AsTask();

        source.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(flush.InTimeAsync);
        Assert.Equal(Much, (await _sockets.ReadAsync(Much)).Length);
    }

    [Fact]
    public async Task The_transport_ends_behind_what_is_still_to_be_sent()
    {
        var bytes = RandomNumberGenerator.GetBytes(Much);
        var flush = _output.SendAsync(bytes).AsTask();

        _output.Complete();

        var end = _transport.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(end.IsCompleted);
        Assert.Equal(bytes, await _sockets.ReadAsync(Much));
        Assert.Equal((false, false), Said(await flush.InTimeAsync()));
        Assert.True((await end.InTimeAsync()).IsCompleted);
    }

    [Fact]
    public async Task Nothing_goes_out_behind_the_end()
    {
        _output.Complete();
        _output.Complete();

        Assert.Throws<InvalidOperationException>(() => _output.GetMemory());
        Assert.Throws<InvalidOperationException>(() => _output.GetSpan(100).Length);
        Assert.Equal((false, true), Said(await _output.SendAsync(new byte[10])));
        Assert.Equal((false, true), Said(await _output.FlushAsync(TestContext.Current.CancellationToken)));
        Assert.True((await _transport.Reader.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }

    [Fact]
    public async Task Who_writes_to_a_client_that_has_gone_is_told()
    {
        var waiting = _output.SendAsync(new byte[Much]).AsTask();

        // Closing with bytes that nobody has read resets the connection.
        _sockets.Client.Close();

        Assert.Equal((false, true), Said(await waiting.InTimeAsync()));
        Assert.True((await _transport.Reader.ReadAsync(TestContext.Current.CancellationToken).InTimeAsync()).IsCompleted);
        _output.Write(new byte[10]);
        Assert.Equal((false, true), Said(await _output.FlushAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Who_writes_to_a_socket_that_the_transport_has_closed_is_told()
    {
        _sockets.Server.Dispose();

        Assert.Equal((false, true), Said(await _output.SendAsync(new byte[10])));
        Assert.True((await _transport.Reader.ReadAsync(TestContext.Current.CancellationToken).InTimeAsync()).IsCompleted);
    }

    [Fact]
    public async Task What_is_written_before_a_flush_may_be_much()
    {
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var reading = _sockets.ReadAsync(bytes.Length);
        foreach (var part in bytes.Chunk(777))
        {
            part.CopyTo(_output.GetMemory(part.Length));
            _output.Advance(part.Length);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => _output.Advance(int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => _output.Advance(-1));

        Assert.Equal(bytes.Length, _output.UnflushedBytes);
        await _output.FlushAsync(TestContext.Current.CancellationToken).InTimeAsync();

        Assert.Equal(0, _output.UnflushedBytes);
        Assert.Equal(bytes, await reading);
    }

    public void Dispose() => _sockets.Dispose();

    private static (bool IsCanceled, bool IsCompleted) Said(FlushResult result) => (result.IsCanceled, result.IsCompleted);
}
