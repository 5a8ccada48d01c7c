using StackExchange.Redis;

namespace Rides;

/// <summary>Who drives where, for all servers: SignalR does not tell who is in a group. What a server that dies leaves here stays.</summary>
public sealed class Drivers(IConnectionMultiplexer redis)
{
    private IDatabase Table => redis.GetDatabase();

    public Task AddAsync(string city, string connectionId, string name) => Table.HashSetAsync($"drivers:{city}", connectionId, name);

    public Task RemoveAsync(string city, string connectionId) => Table.HashDeleteAsync($"drivers:{city}", connectionId);

    public async Task<Driver[]> InAsync(string city) =>
        [.. (await Table.HashGetAllAsync($"drivers:{city}")).Select(entry => new Driver(entry.Name!, entry.Value!))];
}
