using System.IO.Pipelines;
using OrleansAdapter.Grains.Tests.Contract;
using OrleansAdapter.Security;

namespace OrleansAdapter.Grains.Tests.Security;

/// <summary>The proof of the secret at both ends of a connection, and what somebody in between can do with it: nothing.</summary>
public sealed class MutualProofTests
{
    private const int HelloLength = 40;
    private const int ProofLength = 32;
    private const string Purpose = "a purpose";

    private static readonly ClusterSecret Secret = ClusterSecret.Of("the secret of these tests, which is long enough");
    private static readonly ClusterSecret Another = ClusterSecret.Of("another secret of these tests, as long as the one");

    [Fact]
    public async Task Both_ends_with_the_secret_are_satisfied_and_read_nothing_of_what_follows()
    {
        var (client, server) = Pair();
        var connecting = Connect(client, Secret);
        var accepting = Accept(server, Secret);
        await connecting.InTimeAsync();
        await accepting.InTimeAsync();

        await client.Output.WriteAsync("to the server"u8.ToArray(), TestContext.Current.CancellationToken);
        await server.Output.WriteAsync("to the client"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("to the server"u8.ToArray(), await ReadAsync(server, 13));
        Assert.Equal("to the client"u8.ToArray(), await ReadAsync(client, 13));
    }

    [Fact]
    public async Task What_comes_byte_by_byte_is_put_together()
    {
        var (client, between) = Pair();
        var (relayed, server) = Pair();
        var connecting = Connect(client, Secret);
        var accepting = Accept(server, Secret);
        await CopyAsync(between, relayed, HelloLength);
        await CopyAsync(relayed, between, HelloLength);
        await CopyAsync(between, relayed, ProofLength);
        await CopyAsync(relayed, between, 1 + ProofLength);
        await connecting.InTimeAsync();
        await accepting.InTimeAsync();
    }

    [Fact]
    public async Task Different_secrets_are_found_at_both_ends()
    {
        var (client, server) = Pair();
        var connecting = Connect(client, Another);
        var accepting = Accept(server, Secret);
        Assert.Equal(ProofFailure.Refused, await FailureOf(connecting));
        Assert.False(accepting.IsCompleted); // it waits for the other end to hang up, which has heard why then
        await client.Output.CompleteAsync();
        Assert.Equal(ProofFailure.Wrong, await FailureOf(accepting));
    }

    [Fact]
    public async Task A_proof_for_one_purpose_is_none_for_another()
    {
        var (client, server) = Pair();
        var connecting = Connect(client, Secret);
        var accepting = Accept(server, Secret, "another purpose");
        Assert.Equal(ProofFailure.Refused, await FailureOf(connecting));
        Assert.False(accepting.IsCompleted); // it waits for the other end to hang up, which has heard why then
        await client.Output.CompleteAsync();
        Assert.Equal(ProofFailure.Wrong, await FailureOf(accepting));
    }

    [Fact]
    public async Task What_was_overheard_lets_nobody_in_again()
    {
        var (client, between) = Pair();
        var (relayed, server) = Pair();
        var connecting = Connect(client, Secret);
        var accepting = Accept(server, Secret);
        var hello = await CopyAsync(between, relayed, HelloLength);
        await CopyAsync(relayed, between, HelloLength);
        var proof = await CopyAsync(between, relayed, ProofLength);
        await CopyAsync(relayed, between, 1 + ProofLength);
        await Task.WhenAll(connecting, accepting).InTimeAsync();

        var (intruder, again) = Pair();
        var second = Accept(again, Secret);
        await intruder.Output.WriteAsync(hello, TestContext.Current.CancellationToken);
        await ReadAsync(intruder, HelloLength);
        await intruder.Output.WriteAsync(proof, TestContext.Current.CancellationToken);
        Assert.Equal([0], await ReadAsync(intruder, 1));
        await intruder.Output.CompleteAsync();
        Assert.Equal(ProofFailure.Wrong, await FailureOf(second));
    }

    [Fact]
    public async Task A_false_server_hears_a_proof_and_cannot_give_one_by_sending_it_back()
    {
        var (client, server) = Pair();
        var connecting = Connect(client, Secret);
        var hello = await ReadAsync(server, HelloLength);
        await server.Output.WriteAsync(hello, TestContext.Current.CancellationToken);
        var proof = await ReadAsync(server, ProofLength);
        await server.Output.WriteAsync(new byte[] { 1 }.Concat(proof).ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(ProofFailure.Wrong, await FailureOf(connecting));
    }

    [Fact]
    public async Task Two_that_connect_to_each_other_do_not_prove_anything()
    {
        var (one, other) = Pair();
        var first = Connect(one, Secret);
        var second = Connect(other, Secret);
        // Each takes the first byte of the other's proof for the verdict. It is any byte, so that how they fail differs: one in 256 says "refused", and one
        // "accepted", behind which there is no proof.
        await FailureOf(first);
        await FailureOf(second);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: here\r\n\r\n")]
    [InlineData("\u0010\0\0\0and the first words of an Orleans process")]
    [InlineData("OAPROOF2")]
    public async Task Who_says_something_else_hears_nothing(string words)
    {
        var (client, server) = Pair();
        var accepting = Accept(server, Secret);
        await client.Output.WriteAsync(System.Text.Encoding.ASCII.GetBytes(words), TestContext.Current.CancellationToken);
        Assert.Equal(ProofFailure.NotOffered, await FailureOf(accepting));
        await server.Output.CompleteAsync();
        Assert.Equal(0, (await client.Input.ReadAsync(TestContext.Current.CancellationToken)).Buffer.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(39)]
    [InlineData(71)]
    public async Task A_connection_that_ends_early_is_no_proof(int after)
    {
        var (client, server) = Pair();
        var accepting = Accept(server, Secret);
        await client.Output.WriteAsync("OAPROOF1"u8.ToArray().Concat(new byte[63]).Take(after).ToArray(), TestContext.Current.CancellationToken);
        await client.Output.CompleteAsync();
        Assert.Equal(ProofFailure.Ended, await FailureOf(accepting));
    }

    [Fact]
    public async Task Who_says_nothing_is_left_when_the_time_is_over()
    {
        var gate = new ProofGate(Secret, new TimeIsOver());
        var (client, server) = Pair();
        Assert.Equal(ProofFailure.TimedOut, await FailureOf(gate.AcceptAsync(Purpose, server, TestContext.Current.CancellationToken)));
        Assert.Equal(ProofFailure.TimedOut, await FailureOf(gate.ConnectAsync(Purpose, client, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Of_too_many_that_prove_nothing_the_oldest_goes_and_an_honest_one_comes_in()
    {
        var gate = new ProofGate(Secret, TimeProvider.System);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var silent = Enumerable.Range(0, ProofGate.WaitingLimit).Select(_ => gate.AcceptAsync(Purpose, Pair().Item2, end.Token)).ToArray();
        var (client, server) = Pair();
        var accepting = gate.AcceptAsync(Purpose, server, TestContext.Current.CancellationToken);
        Assert.Equal(ProofFailure.Crowded, await FailureOf(silent[0]));
        await gate.ConnectAsync(Purpose, client, TestContext.Current.CancellationToken).InTimeAsync();
        await accepting.InTimeAsync();

        // There is a place again, so nobody else has to go.
        var another = gate.AcceptAsync(Purpose, Pair().Item2, end.Token);
        Assert.DoesNotContain(silent.Skip(1), one => one.IsFaulted && one.Exception.InnerException is ProofException { Failure: ProofFailure.Crowded });
        await end.CancelAsync();
        await Task.WhenAll([another, .. silent]).InTimeAsync().ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static Task Connect(IDuplexPipe pipe, ClusterSecret secret) =>
        new ProofGate(secret, TimeProvider.System).ConnectAsync(Purpose, pipe, TestContext.Current.CancellationToken);

    private static Task Accept(IDuplexPipe pipe, ClusterSecret secret, string purpose = Purpose) =>
        new ProofGate(secret, TimeProvider.System).AcceptAsync(purpose, pipe, TestContext.Current.CancellationToken);

    private static async Task<ProofFailure> FailureOf(Task proof) => (await Assert.ThrowsAsync<ProofException>(() => proof.InTimeAsync())).Failure;

    private static async Task<byte[]> ReadAsync(IDuplexPipe pipe, int length)
    {
        var bytes = new byte[length];
        await pipe.Input.AsStream(leaveOpen: true).ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).AsTask().InTimeAsync();
        return bytes;
    }

    private static async Task<byte[]> CopyAsync(IDuplexPipe from, IDuplexPipe to, int length)
    {
        var bytes = await ReadAsync(from, length);
        foreach (var one in bytes)
        {
            await to.Output.WriteAsync(new[] { one }, TestContext.Current.CancellationToken);
        }
        return bytes;
    }

    private static (IDuplexPipe, IDuplexPipe) Pair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A clock whose timers are due at once.</summary>
    private sealed class TimeIsOver : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
