using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Forwarding;

/// <summary>The requests that pass through this server: sessions of others that would break with it.</summary>
internal sealed class ForwardedRequests
{
    private readonly ConcurrentDictionary<Entry, byte> _requests = new();

    public int Count => _requests.Count;

    /// <summary>Adds one, until what is returned is disposed of.</summary>
    public IDisposable Add(HttpContext context)
    {
        var entry = new Entry(this, context);
        _requests[entry] = 0;
        return entry;
    }

    /// <summary>All that there are now, each as what ends it.</summary>
    public IEnumerable<Action> All() => _requests.Keys.Select(entry => (Action)entry.End);

    private sealed class Entry(ForwardedRequests owner, HttpContext context) : IDisposable
    {
        private bool _over;

        public void End()
        {
            lock (this)
            {
                // Behind its end, the connection serves somebody else.
                if (!_over)
                {
                    context.Abort();
                }
            }
        }

        public void Dispose()
        {
            lock (this)
            {
                _over = true;
            }
            owner._requests.TryRemove(this, out _);
        }
    }
}
