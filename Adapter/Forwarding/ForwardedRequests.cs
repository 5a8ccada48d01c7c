using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Forwarding;

/// <summary>The requests that pass through this server: sessions of others that would break with it.</summary>
internal sealed class ForwardedRequests : IDrainedFront
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

    public IEnumerable<IDrainedClient> Clients => _requests.Select(request => request.Key);

    private sealed class Entry(ForwardedRequests owner, HttpContext context) : IDrainedClient, IDisposable
    {
        private readonly Lock _lock = new();
        private bool _over;
        private bool _cut;

        public bool IsHere => !_cut;

        /// <summary>Most end by themselves.</summary>
        public bool IsBusy => true;

        /// <summary>The server of its session counts it.</summary>
        public ClientKind? Kind => null;

        public void Move() => Cut();

        public void Cut()
        {
            lock (_lock)
            {
                _cut = true;
                // Behind its end, the connection serves somebody else.
                if (!_over)
                {
                    context.Abort();
                }
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _over = true;
            }
            owner._requests.TryRemove(this, out _);
        }
    }
}
