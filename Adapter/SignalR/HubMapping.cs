using Microsoft.AspNetCore.SignalR;
using OrleansAdapter;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Hubs in the options.</summary>
public static class HubMapping
{
    /// <summary>
    /// Names a hub's namespace; without this it is a slash and the name of the hub's type. A Socket.IO namespace of the same name has the same rooms and
    /// broadcasts. The server registers in it at start.
    /// </summary>
    /// <typeparam name="THub">The hub.</typeparam>
    /// <param name="options">The options.</param>
    /// <param name="namespace">The namespace's name; a slash is put before a name that does not begin with one.</param>
    public static OrleansAdapterOptions MapHub<THub>(this OrleansAdapterOptions options, string @namespace)
        where THub : Hub
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(@namespace);
        var name = @namespace[0] == '/' ? @namespace : "/" + @namespace;
        options.Hubs[typeof(THub)] = name;
        options.Namespaces.Add(name);
        return options;
    }
}
