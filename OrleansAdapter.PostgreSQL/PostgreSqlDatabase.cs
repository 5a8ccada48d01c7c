using Npgsql;

namespace OrleansAdapter.PostgreSQL;

/// <summary>The tables in which a cluster's silos find each other.</summary>
public static class PostgreSqlDatabase
{
    /// <summary>Tells installations apart that make the tables at the same time: PostgreSQL can fail where two of them do.</summary>
    private const long Lock = 0x4f72_6c65_616e_73;

    /// <summary>
    /// Makes the tables that are missing, in the database that the connection string names. What is there stays, so it may be called again,
    /// and after every update of this package.
    /// </summary>
    public static async Task InitializeAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        var script = await ReadScriptAsync(cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Lock});\n{script}", connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string> ReadScriptAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(typeof(PostgreSqlDatabase).Assembly.GetManifestResourceStream("membership.sql")!);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }
}
