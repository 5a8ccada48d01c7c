using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.WebWorker;

/// <summary>
/// Tells a caller what was wrong with its call, or what the cluster said to it. All other exceptions stay in here, as SignalR has it, and are logged;
/// SignalR itself would log the callers' errors as well, so it is told not to (appsettings.json).
/// </summary>
internal sealed partial class ClusterErrors(ILogger<ClusterErrors> logger) : IHubFilter
{
    /// <summary>Whether an exception is for whoever called: what was wrong with the call, or what the cluster said to it.</summary>
    public static bool IsToldToCallers(Exception exception) =>
        exception is ArgumentException or HubException or OperationException or PublishQueueFullException or TimeoutException or RequestFailedException
            or TooManyRequestsException or DirectoryUnavailableException;

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (ArgumentException exception)
        {
            // Less what only .NET calls it.
            throw new HubException(exception.Message.Split(" (Parameter")[0], exception);
        }
        catch (Exception exception) when (exception is not HubException && IsToldToCallers(exception))
        {
            throw new HubException(exception.Message, exception);
        }
        catch (Exception exception) when (exception is not HubException && !invocationContext.Context.ConnectionAborted.IsCancellationRequested)
        {
            Failed(logger, invocationContext.HubMethodName, exception);
            throw;
        }
    }

    [LoggerMessage(300, LogLevel.Error, "The hub's method {Method} failed. Mend what the exception names")]
    private static partial void Failed(ILogger logger, string method, Exception exception);
}
