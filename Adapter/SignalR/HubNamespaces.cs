using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.SignalR;

/// <summary>Which namespace a hub is: <see cref="HubMapping.MapHub"/>, or else a slash and the name of the hub's type.</summary>
internal sealed class HubNamespaces(IOptions<OrleansAdapterOptions> options)
{
    private readonly ConcurrentDictionary<string, Type> _hubs = new(StringComparer.Ordinal);

    /// <summary>The name of a hub's namespace.</summary>
    /// <exception cref="InvalidOperationException">Another hub has that namespace.</exception>
    public string NameOf(Type hub)
    {
        ArgumentNullException.ThrowIfNull(hub);
        var name = options.Value.Hubs.GetValueOrDefault(hub, "/" + hub.Name);
        var owner = _hubs.GetOrAdd(name, hub);
        return owner == hub
            ? name
            : throw new InvalidOperationException(
                $"The hubs {owner} and {hub} cannot share the namespace \"{name}\": give one of them another with "
                + $"{nameof(OrleansAdapterOptions)}.{nameof(HubMapping.MapHub)}.");
    }
}
