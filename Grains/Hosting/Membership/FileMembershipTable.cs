using System.Globalization;
using Orleans;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>Gives Orleans its membership table in a <see cref="MembershipFile"/>.</summary>
internal sealed class FileMembershipTable(MembershipFile file) : IMembershipTable
{
    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public async Task<MembershipTableData> ReadAll()
    {
        var rows = await file.ReadAsync().ConfigureAwait(false);
        return new MembershipTableData([.. rows.Rows.Select(Entry)], Version(rows));
    }

    public async Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        var rows = await file.ReadAsync().ConfigureAwait(false);
        return rows.Of(key.ToParsableString()) is { } row ? new MembershipTableData(Entry(row), Version(rows)) : new MembershipTableData(Version(rows));
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => file.ChangeAsync(rows =>
        Version(rows).VersionEtag == tableVersion.VersionEtag && rows.Of(entry.SiloAddress.ToParsableString()) is null
            ? rows.With(tableVersion.Version, Row(entry, tableVersion.Version))
            : null);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => file.ChangeAsync(rows =>
        Version(rows).VersionEtag == tableVersion.VersionEtag && rows.Of(entry.SiloAddress.ToParsableString())?.Tag == etag
            ? rows.With(tableVersion.Version, Row(entry, tableVersion.Version))
            : null);

    public Task UpdateIAmAlive(MembershipEntry entry) => file.ChangeAsync(rows =>
        rows.Of(entry.SiloAddress.ToParsableString()) is { } row ? rows.With(rows.Version, row with { Alive = entry.IAmAliveTime }) : null);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => file.ChangeAsync(rows =>
        rows with { Rows = [.. rows.Rows.Where(row => row.Status != MembershipRow.Dead || row.Alive >= beforeDate.UtcDateTime)] });

    public Task DeleteMembershipTableEntries(string clusterId) => file.ChangeAsync(_ => MembershipRows.None);

    private static TableVersion Version(MembershipRows rows) => new(rows.Version, rows.Version.ToString(CultureInfo.InvariantCulture));

    private static Tuple<MembershipEntry, string> Entry(MembershipRow row) => Tuple.Create(
        new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(row.Silo),
            Status = (SiloStatus)row.Status,
            SiloName = row.Name,
            HostName = row.Host,
            ProxyPort = row.ProxyPort,
            StartTime = row.Started,
            IAmAliveTime = row.Alive,
            SuspectTimes = [.. row.Suspicions.Select(suspicion => Tuple.Create(SiloAddress.FromParsableString(suspicion.By), suspicion.At))],
        },
        row.Tag);

    private static MembershipRow Row(MembershipEntry entry, int version) => new(
        entry.SiloAddress.ToParsableString(),
        version,
        (int)entry.Status,
        entry.SiloName,
        entry.HostName,
        entry.ProxyPort,
        entry.StartTime,
        entry.IAmAliveTime,
        [.. (entry.SuspectTimes ?? []).Select(suspicion => new MembershipSuspicion(suspicion.Item1.ToParsableString(), suspicion.Item2))]);
}
