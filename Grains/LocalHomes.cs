using System.Collections.Concurrent;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>The homes in this silo. Safe under threads.</summary>
internal sealed class LocalHomes(ILocalSiloDetails silo)
{
    private readonly ConcurrentDictionary<string, HomeGrain> _homes = new(StringComparer.Ordinal);

    /// <summary>This silo, as its homes call it.</summary>
    public string Silo { get; } = silo.SiloAddress.ToParsableString();

    /// <summary>What a home says that has nothing to say but where it is.</summary>
    public MailboxBatch Nothing { get; } = new([], silo.SiloAddress.ToParsableString());

    public void Add(string @namespace, HomeGrain home) => _homes[@namespace] = home;

    /// <summary>Removes this home, and none that has taken its place.</summary>
    public void Remove(string @namespace, HomeGrain home) => _homes.TryRemove(new(@namespace, home));

    public HomeGrain? Find(string @namespace) => _homes.GetValueOrDefault(@namespace);
}
