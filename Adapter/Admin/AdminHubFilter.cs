using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.Admin;

/// <summary>Shows the calls of SignalR's clients as events, while somebody watches.</summary>
internal sealed class AdminHubFilter(ThisServer server) : IHubFilter
{
    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (invocationContext.Context.Features.Get<HubSocket>() is { IsWatched: true } socket)
        {
            socket.Watcher?.Received(socket, invocationContext.HubMethodName, invocationContext.HubMethodArguments, Write);
        }
        return next(invocationContext);
    }

    private ReadOnlyMemory<byte> Write(IReadOnlyList<object?> arguments) => SocketJson.Show(writer =>
    {
        writer.WriteStartArray();
        foreach (var argument in arguments)
        {
            if (IsStream(argument))
            {
                writer.WriteStringValue("(a stream)");
            }
            else
            {
                JsonSerializer.Serialize(writer, argument, server.Options.JsonSerializerOptions);
            }
        }
        writer.WriteEndArray();
    });

    /// <summary>To write one would be to read it.</summary>
    private static bool IsStream(object? argument) =>
        argument?.GetType() is { } type && (type.GetInterfaces().Any(IsAsyncEnumerable) || IsReader(type));

    private static bool IsAsyncEnumerable(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);

    private static bool IsReader(Type? type) =>
        type is not null && ((type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ChannelReader<>)) || IsReader(type.BaseType));
}
