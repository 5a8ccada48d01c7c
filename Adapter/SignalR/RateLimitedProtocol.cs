using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A connection's hub protocol, which refuses calls of the hub that are over a limit: to the framework they are calls that could not be read, with a
/// <see cref="HubException"/> that says why. A hub filter that threw one would have the framework log each as an error.
/// </summary>
internal sealed class RateLimitedProtocol(IHubProtocol inner, SocketLimits limits) : DelegatingHubProtocol(inner)
{
    protected override HubMessage Received(HubMessage message)
    {
        var target = message switch
        {
            HubMethodInvocationMessage call => call.Target,
            InvocationBindingFailureMessage call => call.Target,
            _ => null,
        };
        if (target is not null && limits.Take(target) is { } refusal)
        {
            message = new InvocationBindingFailureMessage(
                ((HubInvocationMessage)message).InvocationId, target, ExceptionDispatchInfo.Capture(new HubException(refusal.Message, refusal)));
        }
        return message;
    }
}
