using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansAdapter.SocketIO;

/// <summary>Namespaces that come into being when clients ask for them.</summary>
public sealed class DynamicNamespace
{
    internal DynamicNamespace(Func<string, JsonElement, ValueTask<bool>> allows, SocketIOServer server, Regex? pattern)
    {
        ArgumentNullException.ThrowIfNull(allows);
        Allows = allows;
        Pattern = pattern;
        Template = new SocketIONamespace(server, server.Root.Core, null);
    }

    internal Func<string, JsonElement, ValueTask<bool>> Allows { get; }

    internal Regex? Pattern { get; }

    internal SocketIONamespace Template { get; }

    /// <summary><see cref="SocketIONamespace.Use"/> for each of them.</summary>
    public DynamicNamespace Use(Func<SocketIOSocket, Task> middleware)
    {
        Template.Use(middleware);
        return this;
    }

    /// <summary><see cref="SocketIONamespace.OnConnection(Func{SocketIOSocket, Task})"/> for each of them.</summary>
    public DynamicNamespace OnConnection(Func<SocketIOSocket, Task> listener)
    {
        Template.OnConnection(listener);
        return this;
    }

    /// <summary><see cref="SocketIONamespace.OnConnection(Action{SocketIOSocket})"/> for each of them.</summary>
    public DynamicNamespace OnConnection(Action<SocketIOSocket> listener)
    {
        Template.OnConnection(listener);
        return this;
    }

    /// <summary><see cref="SocketIONamespace.On"/> for each of them.</summary>
    public DynamicNamespace On(string @event, Delegate handler)
    {
        Template.On(@event, handler);
        return this;
    }
}
