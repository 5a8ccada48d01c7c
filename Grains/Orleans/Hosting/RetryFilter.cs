using Microsoft.AspNetCore.Connections;
using Orleans;

namespace OrleansAdapter.OnOrleans;

/// <summary>Lets a client that starts wait for its cluster, as servers on every engine do, and tell at once where it never will be let in.</summary>
internal sealed class RetryFilter : IClientConnectionRetryFilter
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(200);

    private string? _refusal;

    /// <summary>
    /// Reads why a connection ended from the connection itself: what Orleans hands to the filter often is only that the other side closed it, which it does
    /// right behind the reason.
    /// </summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) => async connection =>
    {
        connection.Transport = new FirstBytes(connection.Transport);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        catch (Exception exception) when (WrongCluster(exception) is { } reason)
        {
            Volatile.Write(ref _refusal, reason);
            throw;
        }
    };

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if ((WrongCluster(exception) ?? Volatile.Read(ref _refusal)) is { } reason)
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
