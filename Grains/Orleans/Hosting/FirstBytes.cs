using System.IO.Pipelines;

namespace OrleansAdapter.OnOrleans;

/// <summary>
/// A connection whose first bytes are read even where the other side closed it right behind them. Orleans takes the end of the input for all that there
/// is if it comes in one piece with what was said before; a silo that refuses a client says why and closes, and on a busy machine both come together.
/// </summary>
internal sealed class FirstBytes(IDuplexPipe inner) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _input = inner.Input;
    private bool _begun;

    /// <inheritdoc/>
    public PipeReader Input => this;

    /// <inheritdoc/>
    public PipeWriter Output => inner.Output;

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _begun ? _input.ReadAsync(cancellationToken) : BeginAsync(cancellationToken);

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!_input.TryRead(out result))
        {
            return false;
        }
        result = Begin(result);
        return true;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => _input.AdvanceTo(consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _input.AdvanceTo(consumed, examined);

    /// <inheritdoc/>
    public override void CancelPendingRead() => _input.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => _input.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => _input.CompleteAsync(exception);

    private async ValueTask<ReadResult> BeginAsync(CancellationToken cancellationToken) => Begin(await _input.ReadAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>The end is told with the next read.</summary>
    private ReadResult Begin(ReadResult result)
    {
        var isFirst = !_begun;
        _begun = true;
        return isFirst && result.IsCompleted && !result.Buffer.IsEmpty ? new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false) : result;
    }
}
