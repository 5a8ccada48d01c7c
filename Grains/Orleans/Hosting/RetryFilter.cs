using Orleans;

namespace OrleansAdapter.OnOrleans;

/// <summary>Lets a client that starts wait for its cluster, as servers on every engine do, and tell at once where it never will be let in.</summary>
internal sealed class RetryFilter : IClientConnectionRetryFilter
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (WrongCluster(exception) is { } reason)
        {
            throw new DirectoryRefusedException($"The Orleans cluster refuses this process: {reason}");
        }
        await Task.Delay(TryAgainAfter, cancellationToken).ConfigureAwait(false);
        return !cancellationToken.IsCancellationRequested;
    }

    /// <summary>Orleans says this in the exception's text only.</summary>
    private static string? WrongCluster(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception.Message.Contains("Unexpected cluster id", StringComparison.Ordinal))
            {
                return exception.Message;
            }
        }
        return null;
    }
}
