using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>Tries again what needs the database in which silos find each other, until it is there, and says after a while that it waits.</summary>
internal sealed class DatabaseWait(IOptions<ClusterOptions> cluster, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(500);

    public async Task UntilDoneAsync(Func<Task> attempt, CancellationToken cancellationToken)
    {
        var warning = new WaitWarning(time);
        var waited = false;
        while (true)
        {
            try
            {
                await attempt().ConfigureAwait(false);
                if (waited)
                {
                    DirectoryLog.FoundDatabase(logger, cluster.Value.ClusterId);
                }
                return;
            }
            catch (Exception exception) when (exception is not NotSupportedException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (warning.IsDue())
                {
                    waited = true;
                    DirectoryLog.WaitsForDatabase(logger, cluster.Value.ClusterId, (long)warning.Waited.TotalSeconds, exception);
                }
                await Task.Delay(TryAgainAfter, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>A membership table that a silo which starts waits for.</summary>
internal sealed class WaitingMembershipTable(
    IMembershipTable inner, IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<WaitingMembershipTable> logger) : IMembershipTable
{
    private readonly DatabaseWait _wait = new(cluster, time, logger.Bounded(time));

    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion);

    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default) =>
        _wait.UntilDoneAsync(() => inner.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken), cancellationToken);

    public Task DeleteMembershipTableEntries(string clusterId) => inner.DeleteMembershipTableEntriesAsync(clusterId);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default) =>
        inner.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => inner.CleanupDefunctSiloEntriesAsync(beforeDate);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default) =>
        inner.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => inner.ReadRowAsync(key);

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default) => inner.ReadRowAsync(key, cancellationToken);

    public Task<MembershipTableData> ReadAll() => inner.ReadAllAsync();

    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default) => inner.ReadAllAsync(cancellationToken);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion);

    /// <remarks>
    /// A silo begins to join when it is in the table. The others evict who has been joining for too long, and this one may have waited for the database.
    /// </remarks>
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        entry.StartTime = time.GetUtcNow().UtcDateTime;
        return inner.InsertRowAsync(entry, tableVersion, cancellationToken);
    }

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => inner.UpdateRowAsync(entry, etag, tableVersion);

    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        inner.UpdateRowAsync(entry, etag, tableVersion, cancellationToken);

    public Task UpdateIAmAlive(MembershipEntry entry) => inner.UpdateIAmAliveAsync(entry);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        inner.UpdateIAmAliveAsync(entry, cancellationToken);
}

/// <summary>A list of gateways that a client which starts waits for.</summary>
internal sealed class WaitingGatewayList(
    IGatewayListProvider inner, IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<WaitingGatewayList> logger) : IGatewayListProvider
{
    private readonly DatabaseWait _wait = new(cluster, time, logger.Bounded(time));

    public TimeSpan MaxStaleness => inner.MaxStaleness;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync();

    public Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken = default) =>
        _wait.UntilDoneAsync(() => inner.InitializeGatewayListProviderAsync(cancellationToken), cancellationToken);

    public Task<IList<Uri>> GetGateways() => inner.GetGatewaysAsync();

    public Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default) => inner.GetGatewaysAsync(cancellationToken);
}
