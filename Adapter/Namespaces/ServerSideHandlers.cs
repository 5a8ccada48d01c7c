using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// Events that servers send each other (Socket.IO: <c>serverSideEmit</c>), and their handlers. Events of one namespace are handled one at a time, in the
/// order in which they came, apart from the turn; a handler that takes too long goes on by itself, and holds up nobody.
/// </summary>
internal sealed class ServerSideHandlers(Namespace @namespace)
{
    private const int QueueLimit = 10_000;
    private static readonly HashSet<string> Reserved = ["connect", "connection", "new_namespace"];
    private readonly ConcurrentDictionary<string, Func<ServerSideEvent, Task<object?>>> _handlers = new(StringComparer.Ordinal);
    private readonly Channel<RequestContext> _queue = Channel.CreateBounded<RequestContext>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private Task? _running;

    /// <exception cref="ArgumentException">The name is reserved.</exception>
    private static void Check(string @event)
    {
        ArgumentException.ThrowIfNullOrEmpty(@event);
        if (Reserved.Contains(@event))
        {
            throw new ArgumentException($"\"{@event}\" is a reserved event name.", nameof(@event));
        }
    }

    public void On(string @event, Func<ServerSideEvent, Task<object?>> handler)
    {
        Check(@event);
        if (!_handlers.TryAdd(@event, handler))
        {
            throw new InvalidOperationException($"The namespace \"{@namespace.Name}\" has a handler for the server-side event \"{@event}\" already.");
        }
    }

    public void Handle(RequestContext request)
    {
        if (!_queue.Writer.TryWrite(request))
        {
            request.Fail($"More than {QueueLimit} server-side events wait on this server, or it stops.");
            return;
        }
        _running ??= Task.Run(RunAsync);
    }

    /// <summary>This server stops: what still waits is not handled any more.</summary>
    public void Stop() => _queue.Writer.TryComplete();

    public Task EmitAsync(string @event, ReadOnlySpan<object?> arguments) =>
        @namespace.PublishAsync(
            Operation.Request(
                BroadcastTarget.Of(Room.OtherServers), RequestHeader.Write(0, RequestKind.ServerSideEmit, Body(@event, arguments, answer: false))));

    public Task<IReadOnlyList<ServerSideResult<T>>> EmitWithAckAsync<T>(string @event, TimeSpan? timeout, ReadOnlySpan<object?> arguments)
    {
        if (timeout is { } given)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(given, TimeSpan.Zero, nameof(timeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(given, OrleansAdapterOptions.LongestTimeout, nameof(timeout));
        }
        return AskAsync<T>(Body(@event, arguments, answer: true), timeout ?? @namespace.Server.Options.RequestsTimeout);
    }

    /// <summary>The body of the request: whether an answer is wanted, then the packet.</summary>
    private byte[] Body(string @event, ReadOnlySpan<object?> arguments, bool answer)
    {
        Check(@event);
        return [answer ? (byte)1 : (byte)0, .. PacketCodec.Encode(@event, ArgumentsWriter.Write(arguments, @namespace.Server.Options.JsonSerializerOptions),
            [], [])];
    }

    private async Task<IReadOnlyList<ServerSideResult<T>>> AskAsync<T>(byte[] body, TimeSpan timeout)
    {
        var result = await @namespace.RequestAsync(
            BroadcastTarget.Of(Room.OtherServers), RequestKind.ServerSideEmit, body, timeout, CancellationToken.None).ConfigureAwait(false);
        ServerSideResult<T>[] answers =
        [
            .. result.Known().Answers.Select(Read<T>),
            .. result.Gone.Select(server => new ServerSideResult<T>(server, default, "The server died before it answered.")),
        ];
        return result.Missing.Count == 0 ? answers : throw new ServerSideTimeoutException<T>(answers, result.Missing);
    }

    private ServerSideResult<T> Read<T>(ServerAnswer answer)
    {
        if (answer.Error is not null)
        {
            return new ServerSideResult<T>(answer.Server, default, answer.Error);
        }
        try
        {
            return new ServerSideResult<T>(
                answer.Server, JsonSerializer.Deserialize<T>(answer.Body.Span, @namespace.Server.Options.JsonSerializerOptions), null);
        }
        catch (JsonException exception)
        {
            return new ServerSideResult<T>(answer.Server, default, $"The answer is no {typeof(T).Name}: {exception.Message}");
        }
    }

    private async Task RunAsync()
    {
        await foreach (var request in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var handled = RunAsync(request);
            try
            {
                await handled.WaitAsync(@namespace.Server.Options.RequestsTimeout, @namespace.Server.Time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                AdapterLog.HandlerIsSlow(@namespace.Logger, @namespace.Name, request.Asker, @namespace.Server.Options.RequestsTimeout);
            }
        }
    }

    /// <summary>Handles one event and answers it. Does not throw.</summary>
    private async Task RunAsync(RequestContext request)
    {
        Activity.Current = request.Activity; // what the handler does belongs to this event, and to none before it
        try
        {
            var answer = await HandleAsync(request).ConfigureAwait(false);
            if (request.Body.Span[0] != 0)
            {
                request.Answer(answer);
            }
            else
            {
                request.End();
            }
        }
#pragma warning disable CA1031 // Whatever a handler throws is told to the asker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            AdapterLog.RequestFailed(@namespace.Logger, @namespace.Name, request.Asker, exception);
            if (request.Body.Length > 0 && request.Body.Span[0] != 0)
            {
                request.Fail(exception);
            }
            else
            {
                request.End(exception);
            }
        }
    }

    private async Task<byte[]> HandleAsync(RequestContext request)
    {
        var packet = request.Body.Length > 0
            ? PacketCodec.Decode(request.Body[1..], BroadcastFlags.None)
            : throw new InvalidDataException("The event is empty.");
        request.Activity?.SetTag("orleansadapter.event", packet.Event);
        var options = @namespace.Server.Options.JsonSerializerOptions;
        if (!_handlers.TryGetValue(packet.Event, out var handler))
        {
            throw new InvalidOperationException($"This server has no handler for the server-side event \"{packet.Event}\" in \"{@namespace.Name}\".");
        }
        var answer = await handler(new ServerSideEvent(packet, request.Asker, options)).ConfigureAwait(false);
        return JsonSerializer.SerializeToUtf8Bytes(answer, options);
    }
}
