using System.Collections.Concurrent;
using Orleans;
using Orleans.Hosting;

namespace OrleansAdapter.Grains.Testing;

/// <summary>Counts the calls between grains, clients and silos, by method. Each is two messages: the request and its response.</summary>
public sealed class CallCounter : IOutgoingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);

    /// <summary>A cluster whose calls are counted here, whoever makes them.</summary>
    public TestSilosOptions Options => new()
    {
        Silo = silo => silo.AddOutgoingGrainCallFilter(this),
        Client = client => client.AddOutgoingGrainCallFilter(this),
    };

    /// <summary>The calls since the last reset, as <c>IHomeGrain.Send</c>.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    public void Reset() => _calls.Clear();

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        _calls.AddOrUpdate($"{context.InterfaceName.Split('.')[^1]}.{context.MethodName}", 1, static (_, count) => count + 1);
        return context.Invoke();
    }
}
