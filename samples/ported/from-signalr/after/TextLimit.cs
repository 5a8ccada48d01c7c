using Microsoft.AspNetCore.SignalR;

namespace Rides;

/// <summary>Nobody says more than 200 characters at once.</summary>
internal sealed class TextLimit : IHubFilter
{
    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) =>
        invocationContext.HubMethodArguments.OfType<string>().Any(text => text.Length > 200)
            ? throw new HubException("That is too long.")
            : next(invocationContext);
}
