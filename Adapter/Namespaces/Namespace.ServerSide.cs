using System.Text.Json;
using OrleansAdapter.Broadcasting;
using OrleansAdapter.Cluster;

namespace OrleansAdapter.Namespaces;

/// <content>Events that servers send each other.</content>
public sealed partial class Namespace
{
    /// <summary>Says what this server does with an event that other servers send it (Socket.IO: <c>serverSideEmit</c>). Events are handled one at a time, in order.</summary>
    /// <param name="event">The event.</param>
    /// <param name="handler">Returns the answer, for those who ask for one.</param>
    /// <exception cref="ArgumentException">The name is reserved.</exception>
    public void OnServerSideEmit(string @event, Func<ServerSideEvent, Task<object?>> handler) => ServerSide.On(@event, handler);

    /// <summary>Sends an event to all other servers, without answers. Ends when it is in the one order.</summary>
    /// <exception cref="ArgumentException">The name is reserved.</exception>
    public Task ServerSideEmitAsync(string @event, params ReadOnlySpan<object?> arguments) =>
        PublishAsync(Operation.Request(new BroadcastTarget([Room.OtherServers], []), RequestHeader.Write(0, RequestKind.ServerSideEmit, ServerSideBody(@event, arguments, answer: false))));

    /// <summary>Sends an event to all other servers, and waits for one answer of each.</summary>
    /// <typeparam name="T">The type of the answers.</typeparam>
    /// <param name="event">The event.</param>
    /// <param name="timeout">How long; null for <see cref="OrleansAdapterOptions.RequestsTimeout"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The name is reserved.</exception>
    /// <exception cref="ServerSideTimeoutException{T}">Some did not answer; it carries the answers of the others, and names them.</exception>
    public Task<IReadOnlyList<ServerSideResult<T>>> ServerSideEmitWithAckAsync<T>(string @event, TimeSpan? timeout = null, params ReadOnlySpan<object?> arguments) =>
        ServerSideAsync<T>(ServerSideBody(@event, arguments, answer: true), timeout ?? _server.Options.RequestsTimeout);

    private byte[] ServerSideBody(string @event, ReadOnlySpan<object?> arguments, bool answer)
    {
        ServerSideHandlers.Check(@event);
        return ServerSideHandlers.Body(answer, PacketCodec.Encode(@event, ArgumentsWriter.Write(arguments, _server.Options.JsonSerializerOptions), [], []));
    }

    private async Task<IReadOnlyList<ServerSideResult<T>>> ServerSideAsync<T>(byte[] body, TimeSpan timeout)
    {
        var result = await RequestAsync(new BroadcastTarget([Room.OtherServers], []), RequestKind.ServerSideEmit, body, timeout, CancellationToken.None).ConfigureAwait(false);
        var options = _server.Options.JsonSerializerOptions;
        var answers = result.Answers
            .Select(a => new ServerSideResult<T>(a.Server, a.Error is null ? JsonSerializer.Deserialize<T>(a.Body.Span, options) : default, a.Error))
            .ToArray();
        return result.Expired ? throw new ServerSideTimeoutException<T>(answers, result.Missing) : answers;
    }
}
