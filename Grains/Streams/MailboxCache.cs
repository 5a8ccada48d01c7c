using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>
/// Holds the events of one queue between fetching and delivering: a short bounded log for each stream. A consumer that does not take its events loses its
/// own oldest ones, and delays nobody else.
/// </summary>
/// <remarks>Orleans calls it from one place, one call at a time.</remarks>
internal sealed class MailboxCache : IQueueCache
{
    private const int MostPerRead = 1024;
    private const int MostPerStream = 64;

    private readonly Dictionary<StreamId, StreamLog> _logs = [];
    private readonly HashSet<StreamLog> _unread = [];

    public int GetMaxAddCount() => MostPerRead;

    public bool IsUnderPressure() => false;

    public bool TryPurgeFromCache([MaybeNullWhen(false)] out IList<IBatchContainer> purgedItems)
    {
        purgedItems = null;
        return false;
    }

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var log in _unread)
        {
            _logs.Remove(log.Stream); // nobody has come for it since the last time
        }
        _unread.Clear();
        foreach (var message in messages)
        {
            if (!_logs.TryGetValue(message.StreamId, out var log))
            {
                _logs[message.StreamId] = log = new StreamLog(message.StreamId);
            }
            log.Add(message);
            if (log.Cursors.Count == 0)
            {
                _unread.Add(log);
            }
        }
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        if (!_logs.TryGetValue(streamId, out var log))
        {
            _logs[streamId] = log = new StreamLog(streamId);
        }
        var cursor = new Cursor(this, log, token?.SequenceNumber ?? log.Next);
        log.Cursors.Add(cursor);
        _unread.Remove(log);
        return cursor;
    }

    private void Remove(Cursor cursor)
    {
        var log = cursor.Log;
        log.Cursors.Remove(cursor);
        if (log.Cursors.Count == 0)
        {
            _unread.Add(log);
        }
        else
        {
            log.Trim();
        }
    }

    private sealed class StreamLog(StreamId stream)
    {
        private readonly LinkedList<IBatchContainer> _items = new();

        public StreamId Stream { get; } = stream;

        public List<Cursor> Cursors { get; } = [];

        /// <summary>The number behind the last one added.</summary>
        public long Next { get; private set; }

        public void Add(IBatchContainer item)
        {
            if (_items.Count == MostPerStream)
            {
                _items.RemoveFirst();
            }
            _items.AddLast(item);
            Next = item.SequenceToken.SequenceNumber + 1;
        }

        /// <summary>The first one that has this number, or a later one.</summary>
        public IBatchContainer? From(long number)
        {
            for (var node = _items.First; node is not null; node = node.Next)
            {
                if (node.Value.SequenceToken.SequenceNumber >= number)
                {
                    return node.Value;
                }
            }
            return null;
        }

        /// <summary>Drops what every cursor has passed.</summary>
        public void Trim()
        {
            var first = Cursors.Min(cursor => cursor.Next);
            while (_items.First is { } node && node.Value.SequenceToken.SequenceNumber < first)
            {
                _items.RemoveFirst();
            }
        }
    }

    private sealed class Cursor(MailboxCache cache, StreamLog log, long next) : IQueueCacheCursor
    {
        private IBatchContainer? _current;

        public StreamLog Log => log;

        /// <summary>The number that it looks for next.</summary>
        public long Next { get; private set; } = next;

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current;
        }

        public bool MoveNext()
        {
            _current = log.From(Next);
            if (_current is null)
            {
                return false;
            }
            Next = _current.SequenceToken.SequenceNumber + 1;
            log.Trim();
            return true;
        }

        public void Refresh(StreamSequenceToken token)
        {
        }

        public void RecordDeliveryFailure()
        {
        }

        public void Dispose() => cache.Remove(this);
    }
}
