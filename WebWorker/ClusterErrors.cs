using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.WebWorker;

/// <summary>Tells a caller what was wrong with its call, or what the cluster said to it. All other exceptions stay in here, as SignalR has it.</summary>
internal sealed class ClusterErrors : IHubFilter
{
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
        catch (Exception exception) when (exception is OperationException or PublishQueueFullException or TimeoutException or RequestFailedException)
        {
            throw new HubException(exception.Message, exception);
        }
    }
}
