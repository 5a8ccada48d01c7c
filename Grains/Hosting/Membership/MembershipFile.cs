using System.Globalization;
using System.Text.Json;

namespace OrleansAdapter.Grains;

/// <summary>The content of a <see cref="MembershipFile"/>: the silos of a cluster.</summary>
/// <param name="Version">Grows with each change.</param>
/// <param name="Rows">A row for each silo, and for those that were.</param>
internal sealed record MembershipRows(int Version, IReadOnlyList<MembershipRow> Rows)
{
    /// <summary>No silo yet.</summary>
    public static MembershipRows None { get; } = new(0, []);

    public MembershipRow? Of(string silo) => Rows.FirstOrDefault(row => row.Silo == silo);

    /// <summary>Adds a silo's row, or replaces it.</summary>
    public MembershipRows With(int version, MembershipRow row) => new(version, [.. Rows.Where(other => other.Silo != row.Silo), row]);
}

/// <summary>One silo: the fields of Orleans' <c>MembershipEntry</c>.</summary>
internal sealed record MembershipRow(
    string Silo,
    int Version,
    int Status,
    string Name,
    string Host,
    int ProxyPort,
    DateTime Started,
    DateTime Alive,
    IReadOnlyList<MembershipSuspicion> Suspicions)
{
    public const int Dead = (int)Orleans.Runtime.SiloStatus.Dead;

    /// <summary>The version that a change must name, so that it does not overwrite another one.</summary>
    public string Tag => Version.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A silo that takes another one for dead, and since when.</summary>
internal sealed record MembershipSuspicion(string By, DateTime At);

/// <summary>
/// Keeps the membership of a cluster whose silos are all on one machine in a file, which dies with none of them. The file is replaced as a whole, so a
/// reader sees either state. A writer holds a lock, which the operating system releases if the process dies.
/// </summary>
internal sealed class MembershipFile(string path)
{
    private static readonly TimeSpan LockMayTake = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(5);

    /// <summary>Reads the file.</summary>
    public async Task<MembershipRows> ReadAsync()
    {
        try
        {
            return JsonSerializer.Deserialize<MembershipRows>(await File.ReadAllBytesAsync(path).ConfigureAwait(false)) ?? MembershipRows.None;
        }
        catch (FileNotFoundException)
        {
            return MembershipRows.None;
        }
    }

    /// <summary>Replaces the content by what the function makes of it, unless that is null. Returns whether it did.</summary>
    /// <exception cref="IOException">It cannot be written, or somebody held its lock for too long.</exception>
    public async Task<bool> ChangeAsync(Func<MembershipRows, MembershipRows?> change)
    {
        using var held = await LockAsync().ConfigureAwait(false);
        if (change(await ReadAsync().ConfigureAwait(false)) is not { } changed)
        {
            return false;
        }
        var next = path + ".next";
        await File.WriteAllBytesAsync(next, JsonSerializer.SerializeToUtf8Bytes(changed)).ConfigureAwait(false);
        File.Move(next, path, overwrite: true);
        return true;
    }

    /// <summary>
    /// Marks a silo as dead that somebody saw end at this time, so that the others need not find out. A silo of the same name that started later is left
    /// alone.
    /// </summary>
    public Task DeclareDeadAsync(string name, DateTime at) => ChangeAsync(rows =>
    {
        var version = rows.Version + 1;
        var all = rows.Rows.Select(row =>
            row.Name == name && row.Status != MembershipRow.Dead && row.Started <= at
                ? row with { Status = MembershipRow.Dead, Version = version }
                : row).ToArray();
        return all.SequenceEqual(rows.Rows) ? null : new MembershipRows(version, all);
    });

    private async Task<FileStream> LockAsync()
    {
        var deadline = DateTime.UtcNow + LockMayTake;
        while (true)
        {
            try
            {
                return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception is not DirectoryNotFoundException && DateTime.UtcNow < deadline)
            {
                await Task.Delay(TryAgainAfter).ConfigureAwait(false);
            }
        }
    }
}
