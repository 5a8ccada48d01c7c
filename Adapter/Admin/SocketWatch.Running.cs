using System.Text.Json;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Admin;

/// <content>Its life while somebody looks: one task, which sends what there is to tell and looks at what nobody tells it.</content>
internal sealed partial class SocketWatch
{
    /// <summary>How often figures are sent, and what changes without a word is looked at: as the reference.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    /// <summary>The namespaces that are watched. Owned by the task.</summary>
    private readonly HashSet<Namespace> _namespaces = [];

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stopping.Token).ConfigureAwait(false);
                if (!IsWatched())
                {
                    continue;
                }
                await ServeAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _begun.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <summary>From the first who looks to the last. A failure in it is a bug, and no reason not to serve who looks next.</summary>
    private async Task ServeAsync()
    {
        try
        {
            _figures.Begin();
            await WatchNamespacesAsync(isFirst: true).ConfigureAwait(false);
            _begun.TrySetResult();
            await TellAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is made known.
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            AdminLog.Failed(_logger, exception);
            lock (_lock)
            {
                _watchers.Clear();
                _begun.TrySetException(exception);
                _ = _begun.Task.Exception;
                _begun = NewBegun();
            }
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends until nobody looks any more.</summary>
    private async Task TellAsync()
    {
        using var timer = new PeriodicTimer(Pause, _server.Time);
        var looked = _server.Time.GetTimestamp();
        _figures.Take(out _);
        TellFigures();
        do
        {
            if (_server.Time.GetElapsedTime(looked) >= LookInterval)
            {
                looked = _server.Time.GetTimestamp();
                await WatchNamespacesAsync(isFirst: false).ConfigureAwait(false);
                LookAtSockets();
                TellFigures();
            }
            await SendAsync().ConfigureAwait(false);
            await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
        }
        while (IsWatched());
    }

    /// <summary>Nobody looks: everything is as before.</summary>
    private async Task EndAsync()
    {
        _figures.End();
        foreach (var @namespace in _namespaces)
        {
            await @namespace.WatchAsync(null, static _ => { }).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _namespaces.Clear();
        lock (_lock)
        {
            foreach (var socket in _sockets.Keys)
            {
                socket.IsWatched = false;
            }
            _sockets.Clear();
            _tooLarge = 0;
            _log.Skip();
        }
    }

    /// <summary>Whether somebody looks. Where nobody does, whoever comes then waits for a new beginning.</summary>
    private bool IsWatched()
    {
        var now = _server.Time.GetUtcNow();
        lock (_lock)
        {
            foreach (var (watcher, until) in _watchers)
            {
                if (until <= now)
                {
                    _watchers.Remove(watcher);
                }
            }
            if (_watchers.Count > 0)
            {
                return true;
            }
            if (_begun.Task.IsCompleted)
            {
                _begun = NewBegun();
            }
            return false;
        }
    }

    private async Task WatchNamespacesAsync(bool isFirst)
    {
        if (_options.Mode == SocketIOAdminMode.Production)
        {
            return;
        }
        var there = _server.Namespaces.Where(one => !AdminChannel.IsOne(one.Name)).ToHashSet();
        _namespaces.IntersectWith(there);
        foreach (var @namespace in there.Where(_namespaces.Add))
        {
            var watch = new NamespaceWatch(this, @namespace);
            await @namespace.WatchAsync(watch, sockets => Take(@namespace, sockets, isFirst)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The sockets of a namespace that is watched from now on. Called in its turn.</summary>
    private void Take(Namespace @namespace, IEnumerable<LocalSocket> sockets, bool isFirst)
    {
        lock (_lock)
        {
            foreach (var socket in sockets)
            {
                if (_sockets.Count >= _options.MaxSockets)
                {
                    return;
                }
                if (TryAdd(@namespace, socket, SocketRooms.Of(socket)) && !isFirst)
                {
                    TellConnected(_sockets[socket]);
                }
            }
        }
    }

    /// <summary>Transports and data change without anybody being told.</summary>
    private void LookAtSockets()
    {
        WatchedSocket[] watched;
        lock (_lock)
        {
            watched = [.. _sockets.Values];
        }
        foreach (var one in watched)
        {
            if (SocketJson.Transport(one.Socket.Kind) is var transport && transport != one.Transport)
            {
                one.Transport = transport;
                TellUpdate(one, "transport", writer => writer.WriteStringValue(transport), transport.Length);
            }
            var data = _json.Data(one.Socket);
            var hash = new HashCode();
            hash.AddBytes(data.Span);
            if (hash.ToHashCode() is var now && now != one.Data)
            {
                var isFirst = one.Data is null;
                one.Data = now;
                if (!isFirst || !data.Span.SequenceEqual("{}"u8))
                {
                    TellUpdate(one, "data", writer => writer.WriteRawValue(data.Span, skipInputValidation: true), data.Length);
                }
            }
        }
    }

    private void TellUpdate(WatchedSocket watched, string property, Action<Utf8JsonWriter> write, int size)
    {
        lock (_lock)
        {
            if (!_sockets.ContainsKey(watched.Socket))
            {
                return;
            }
            _log.Add("socket_updated", 128 + size, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("id", watched.Socket.Id.ToString());
                writer.WriteString("nsp", watched.Namespace.Name);
                writer.WritePropertyName(property);
                write(writer);
                writer.WriteEndObject();
            });
        }
    }

    private void TellFigures()
    {
        var (now, write) = (Now(), _figures.Take(out var sockets));
        lock (_lock)
        {
            var (shown, leftOut, tooLarge) = (Math.Max(0, _sockets.Count - _tooLarge), _eventsLeftOut, _tooLarge > 0);
            var isWhole = _options.Mode == SocketIOAdminMode.Production || (sockets <= shown && leftOut == _eventsTold);
            _log.Add("server_stats", 1024, writer =>
            {
                writer.WriteStartObject();
                write(writer);
                writer.WriteNumber("shownSockets", shown);
                writer.WriteNumber("leftOutEvents", leftOut);
                writer.WriteEndObject();
            });
            if (!isWhole)
            {
                var left = leftOut - _eventsTold;
                _log.Add("event_sent", 256, writer => WriteLeftOut(writer, now, shown, sockets, tooLarge, left));
            }
            _eventsTold = leftOut;
        }
    }

    /// <summary>The page has no place for it but its list of events.</summary>
    private void WriteLeftOut(Utf8JsonWriter writer, DateTime now, int shown, int sockets, bool tooLarge, long events)
    {
        writer.WriteStringValue(_options.Namespace);
        writer.WriteStringValue(_server.Options.ServerName);
        writer.WriteStartArray();
        writer.WriteStringValue("(not all is shown)");
        if (sockets > shown)
        {
            var why = tooLarge ? $"all together would be more than {WatchSnapshot.MostBytes >> 10} KB" : nameof(_options.MaxSockets);
            writer.WriteStringValue($"{shown} of {sockets} sockets are shown ({why})");
        }
        if (events > 0)
        {
            writer.WriteStringValue($"{events} events were left out (MaxEventsPerSecond)");
        }
        writer.WriteEndArray();
        writer.WriteStringValue(now);
    }

    private async Task SendAsync()
    {
        long first;
        List<(string Event, Action<Utf8JsonWriter> Write)> news;
        lock (_lock)
        {
            (first, news) = _log.Take();
        }
        foreach (var packet in WatchLog.Write(_server.Process.ToString(), first, news))
        {
            // What does not arrive leaves a hole in the numbers.
            await _send(packet).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
