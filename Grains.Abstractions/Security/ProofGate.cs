using System.IO.Pipelines;

namespace OrleansAdapter.Security;

/// <summary>
/// Lets connections of the cluster's own processes in, and out to them, within a bounded time. Of those that have proved nothing yet, only so many may
/// wait; the oldest gives way, as an honest one takes milliseconds.
/// </summary>
/// <param name="secret">The cluster's secret.</param>
/// <param name="time">The clock.</param>
internal sealed class ProofGate(ClusterSecret secret, TimeProvider time)
{
    /// <summary>How long a proof may take: less than an Orleans connection may take to open (5 s), so that this is the error that is seen.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(4);

    /// <summary>How many connections may be without a proof.</summary>
    public const int WaitingLimit = 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<CancellationTokenSource> _waiting = [];

    /// <summary>Proves as the end that made the connection, and has the other one prove itself.</summary>
    /// <exception cref="ProofException">It was not proved.</exception>
    public async Task ConnectAsync(string purpose, Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await MutualProof.ConnectAsync(secret, purpose, input, output, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProofException(limit.IsCancellationRequested ? ProofFailure.TimedOut : ProofFailure.Ended, exception);
        }
    }

    /// <inheritdoc cref="ConnectAsync(string, Stream, Stream, CancellationToken)"/>
    public Task ConnectAsync(string purpose, IDuplexPipe transport, CancellationToken cancellationToken) =>
        ConnectAsync(purpose, transport.Input.AsStream(leaveOpen: true), transport.Output.AsStream(leaveOpen: true), cancellationToken);

    /// <summary>Proves as the end that the connection was made to, and has the other one prove itself first.</summary>
    /// <exception cref="ProofException">It was not proved.</exception>
    public async Task AcceptAsync(string purpose, IDuplexPipe transport, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeLimit, time);
        var crowded = new CancellationTokenSource(); // not disposed: another thread may be about to cancel it
        using var any = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, crowded.Token, cancellationToken);
        var place = Enter(crowded);
        try
        {
            await MutualProof.AcceptAsync(
                secret, purpose, transport.Input.AsStream(leaveOpen: true), transport.Output.AsStream(leaveOpen: true), any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProofException(
                crowded.IsCancellationRequested ? ProofFailure.Crowded : limit.IsCancellationRequested ? ProofFailure.TimedOut : ProofFailure.Ended, exception);
        }
        finally
        {
            Leave(place);
        }
    }

    private LinkedListNode<CancellationTokenSource> Enter(CancellationTokenSource own)
    {
        lock (_lock)
        {
            if (_waiting.Count >= WaitingLimit)
            {
                var oldest = _waiting.First!;
                _waiting.RemoveFirst();
                _ = oldest.Value.CancelAsync();
            }
            return _waiting.AddLast(own);
        }
    }

    private void Leave(LinkedListNode<CancellationTokenSource> place)
    {
        lock (_lock)
        {
            if (place.List is not null)
            {
                _waiting.Remove(place);
            }
        }
    }
}
