using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <content>How handlers and listeners are run. What the application's code throws ends here.</content>
public sealed partial class SocketIOSocket
{
    /// <summary>Puts something behind what the socket's handlers do.</summary>
    internal void Enqueue(Func<Task> work) => _events.Add(work, 0);

    TimeProvider IEventQueueOwner.Time => Namespace.Server.Time;

    // Handlers take turns: what is awaited from here on keeps the context that EventQueue gave it, so that the next handler runs in it as well.
    async ValueTask IEventQueueOwner.HandleAsync(object item)
    {
        if (item is not ReceivedPacket packet)
        {
            await GuardAsync("(connection)", (Func<Task>)item, static work => work()).ConfigureAwait(true);
        }
        else if (Connected)
        {
            using var activity = EventActivities.HasListeners && !Namespace.Server.Cluster.Options.IsWarmUp ? EventActivities.Start(this, packet.Event) : null;
            var metrics = Namespace.Core.Server.Metrics;
            var (began, name) = metrics.TimesHandlers ? (Stopwatch.GetTimestamp(), Namespace.Server.MetricNameOf(this, packet.Event)) : (0, "");
            await GuardAsync(packet.Event, packet, DispatchAsync).ConfigureAwait(true);
            if (began != 0)
            {
                metrics.Handled(Namespace.Core.MetricName, name, began);
            }
        }
        TellData();
    }

    void IEventQueueOwner.Failed(Exception exception) => Log(exception, "(a method without a task)");

    void IEventQueueOwner.HeldUp(HeldUp what, TimeSpan waited, int waiting)
    {
        var (logger, name, seconds) = (Namespace.Server.Logger, Namespace.Name, waited.TotalSeconds);
        switch (what)
        {
            case HeldUp.Turn:
                SocketIOLog.HandlerHoldsUp(logger, name, Id, seconds, waiting);
                break;
            case HeldUp.Connection:
                SocketIOLog.ConnectionHoldsUp(logger, name, Id, seconds, waiting);
                break;
            default:
                SocketIOLog.NotRead(logger, name, Id, seconds, waiting);
                break;
        }
    }

    private async Task DispatchAsync(ReceivedPacket packet)
    {
        var @event = new SocketIOEvent(this, packet.Event, packet.Arguments, new SocketIOAck(this, packet.Id));
        if (IsWatched)
        {
            Namespace.Core.Watcher?.Received(this, packet.Event, packet.Arguments, static arguments => arguments.ToJsonArray());
        }
        foreach (var listener in _anyListeners)
        {
            listener(@event);
        }
        try
        {
            foreach (var middleware in _middlewares)
            {
                await middleware(@event).ConfigureAwait(true);
            }
        }
#pragma warning disable CA1031 // Throwing is how a middleware refuses an event.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var listener in _errorListeners)
            {
                listener(exception);
            }
            return;
        }
        await RunAsync(Namespace.Handlers.Find(packet.Event), @event).ConfigureAwait(true);
        if (_handlers is { } handlers)
        {
            await RunAsync(handlers.Take(packet.Event), @event).ConfigureAwait(true);
        }
    }

    /// <summary>Refuses an event, as a middleware would; other than there, the client is told where it waits for an acknowledgement.</summary>
    private void Refuse(ReceivedPacket packet, RateLimitException refusal)
    {
        if (packet.Id is { } id)
        {
            SendAck(id, [refusal.ToAnswer()]);
        }
        if (_errorListeners.Length > 0)
        {
            Enqueue(() =>
            {
                Array.ForEach(_errorListeners, listener => listener(refusal));
                return Task.CompletedTask;
            });
        }
    }

    private async Task RunAsync(BoundHandler[] handlers, SocketIOEvent @event)
    {
        foreach (var (handler, shape, _) in handlers)
        {
            if (Connected)
            {
                await GuardAsync(
                    @event.Name,
                    (handler, shape, @event),
                    static state => state.shape.InvokeAsync(state.handler, state.@event, state.@event.Socket.Namespace.Server.Services).AsTask(),
                    @event.Ack)
                    .ConfigureAwait(true);
            }
        }
    }

    private async Task TellDisconnectedAsync(SocketIODisconnect disconnect)
    {
        foreach (var listener in _disconnectingListeners)
        {
            await GuardAsync("disconnecting", (listener, disconnect), static state =>
            {
                state.listener(state.disconnect);
                return Task.CompletedTask;
            }).ConfigureAwait(true);
        }
        _roomsAreGone = true;
        foreach (var listener in _disconnectListeners)
        {
            await GuardAsync("disconnect", (listener, disconnect), static state => state.listener(state.disconnect)).ConfigureAwait(true);
        }
    }

    private void TellOutgoing(string @event, ReadOnlyMemory<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        // Here for every packet to every socket: nothing is allocated where nobody listens.
        Namespace.Core.Watcher?.Sent(this, @event, json);
        if (_anyOutgoingListeners.Length > 0 && !_events.IsFull)
        {
            TellOutgoing(_anyOutgoingListeners, @event, json, attachments);
        }
    }

    private void TellOutgoing(
        Action<string, SocketIOArguments>[] listeners, string @event, ReadOnlyMemory<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        Func<Task> tell = () =>
        {
            if (PacketData.TryReadArguments(json, attachments, Namespace.Server.JsonOptions) is { } arguments)
            {
                foreach (var listener in listeners)
                {
                    listener(@event, arguments);
                }
            }
            return Task.CompletedTask;
        };
        _events.Add(tell, json.Length);
    }

    /// <summary>Runs the application's code: what it throws ends here.</summary>
    private async Task GuardAsync<TState>(string what, TState state, Func<TState, Task> code, SocketIOAck? ack = null)
    {
        try
        {
            await code(state).ConfigureAwait(true);
        }
        catch (ArgumentsException exception)
        {
            var server = Namespace.Server;
            SocketIOLog.ArgumentsRefused(server.Logger, server.MismatchLevel, Namespace.Name, what, exception.Detail);
            ack?.Send(new { error = exception.Message });
        }
        catch (ArgumentsTooDeepException exception)
        {
            // Passed on from a client, mostly: its fault, and nobody else's.
            SocketIOLog.ArgumentsRefused(Namespace.Server.Logger, LogLevel.Debug, Namespace.Name, what, exception.Message);
        }
        catch (TooManyRoomsException exception)
        {
            // The client asked to be in more than it may.
            SocketIOLog.ArgumentsRefused(Namespace.Server.Logger, LogLevel.Debug, Namespace.Name, what, exception.Message);
            ack?.Send(new { error = exception.Message });
        }
#pragma warning disable CA1031 // A handler that throws kills nothing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log(exception, what);
        }
    }

    private void Log(Exception exception, string what)
    {
        if (exception is not OperationCanceledException)
        {
            EventActivities.Own?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name).SetTag("error.type", exception.GetType().FullName);
        }
        var logger = Namespace.Server.Logger;
        switch (exception)
        {
            case OperationCanceledException when !Connected:
                // The handler was told that its socket has gone.
                break;
            case SocketDisconnectedException disconnected:
                SocketIOLog.AwaitedHasGone(logger, Namespace.Name, what, disconnected.Reason);
                break;
            default:
                SocketIOLog.HandlerFailed(logger, Namespace.Name, what, exception);
                break;
        }
    }
}
