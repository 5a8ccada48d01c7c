using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using OrleansAdapter.Broadcasting;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Cluster;

/// <summary>
/// The handlers of events that servers send each other (Socket.IO: <c>serverSideEmit</c>). Events of one namespace are handled one at a time, in the
/// order in which they came, apart from the turn.
/// </summary>
internal sealed class ServerSideHandlers(Namespace @namespace)
{
    private const int QueueLimit = 10_000;
    private static readonly HashSet<string> Reserved = ["connect", "connection", "new_namespace"];
    private readonly ConcurrentDictionary<string, Func<ServerSideEvent, Task<object?>>> _handlers = new(StringComparer.Ordinal);
    private readonly Channel<RequestContext> _queue = Channel.CreateBounded<RequestContext>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private Task? _running;

    /// <exception cref="ArgumentException">The name is reserved.</exception>
    public static void Check(string @event)
    {
        ArgumentException.ThrowIfNullOrEmpty(@event);
        if (Reserved.Contains(@event))
        {
            throw new ArgumentException($"\"{@event}\" is a reserved event name.", nameof(@event));
        }
    }

    /// <summary>The body of the request: whether an answer is wanted, then the packet.</summary>
    public static byte[] Body(bool answer, ReadOnlySpan<byte> packet) => [answer ? (byte)1 : (byte)0, .. packet];

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
            request.Fail($"More than {QueueLimit} server-side events wait on this server.");
            return;
        }
        _running ??= Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        await foreach (var request in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                var answer = await HandleAsync(request).ConfigureAwait(false);
                if (request.Body.Span[0] != 0)
                {
                    request.Answer(answer);
                }
            }
#pragma warning disable CA1031 // Whatever a handler throws is told to the asker.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                AdapterLog.RequestFailed(@namespace.Logger, @namespace.Name, request.Asker, exception);
                request.Fail($"{exception.GetType().Name}: {exception.Message}");
            }
        }
    }

    private async Task<byte[]> HandleAsync(RequestContext request)
    {
        var packet = request.Body.Length > 0 ? PacketCodec.Decode(request.Body[1..], BroadcastFlags.None) : throw new InvalidDataException("The event is empty.");
        var options = @namespace.Server.Options.JsonSerializerOptions;
        if (!_handlers.TryGetValue(packet.Event, out var handler))
        {
            throw new InvalidOperationException($"This server has no handler for the server-side event \"{packet.Event}\" in \"{@namespace.Name}\".");
        }
        var answer = await handler(new ServerSideEvent(packet, request.Asker, options)).ConfigureAwait(false);
        return JsonSerializer.SerializeToUtf8Bytes(answer, options);
    }
}

/// <summary>An event that another server sent to this one.</summary>
public sealed class ServerSideEvent
{
    private readonly Packet _packet;
    private readonly JsonSerializerOptions _options;

    internal ServerSideEvent(Packet packet, ServerId sender, JsonSerializerOptions options)
    {
        (_packet, Sender, _options) = (packet, sender, options);
        using var document = JsonDocument.Parse(packet.Arguments);
        Arguments = [.. document.RootElement.EnumerateArray().Select(argument => argument.Clone())];
    }

    /// <summary>The event's name.</summary>
    public string Name => _packet.Event;

    /// <summary>The server that sent it.</summary>
    public ServerId Sender { get; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<JsonElement> Arguments { get; }

    /// <summary>An argument as a type.</summary>
    /// <exception cref="JsonException">The argument is of another shape.</exception>
    public T? Argument<T>(int index) => Arguments[index].Deserialize<T>(_options);
}

/// <summary>What one server answered to a server-side event.</summary>
/// <typeparam name="T">The type of the answer.</typeparam>
/// <param name="Server">The server.</param>
/// <param name="Value">Its answer; default where there is an error.</param>
/// <param name="Error">Why it could not answer; null where it did.</param>
public sealed record ServerSideResult<T>(ServerId Server, T? Value, string? Error);

/// <summary>Not all servers answered a server-side event in time. Carries what came, and names who was silent.</summary>
/// <typeparam name="T">The type of the answers.</typeparam>
public sealed class ServerSideTimeoutException<T> : TimeoutException
{
    internal ServerSideTimeoutException(IReadOnlyList<ServerSideResult<T>> answers, IReadOnlyList<ServerId> missing)
        : base($"{answers.Count} server(s) answered in time; missing: {string.Join(", ", missing)}.")
    {
        (Answers, Missing) = (answers, missing);
    }

    /// <summary>The answers that came.</summary>
    public IReadOnlyList<ServerSideResult<T>> Answers { get; }

    /// <summary>The servers that have not answered.</summary>
    public IReadOnlyList<ServerId> Missing { get; }
}
