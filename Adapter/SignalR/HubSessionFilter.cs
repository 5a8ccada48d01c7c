using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.SignalR;

/// <summary>
/// Keeps what hubs put into <see cref="HubCallerContextExtensions.SocketData"/>: a method's result comes when the data would survive this server. Added only
/// where <see cref="OrleansAdapterOptions.HubRecovery"/> is set.
/// </summary>
internal sealed class HubSessionFilter : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        finally
        {
            await KeepDataAsync(invocationContext.Context);
        }
    }

    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        await next(context);
        await KeepDataAsync(context.Context);
    }

    private static Task KeepDataAsync(HubCallerContext context) => context.Features.Get<HubSocket>()?.KeepDataAsync() ?? Task.CompletedTask;
}
