using System.Globalization;
using Npgsql;
using Orleans.Hosting;
using OrleansAdapter.Grains;
using OrleansAdapter.PostgreSQL;

[assembly: Clustering(typeof(PostgreSqlClustering))]

namespace OrleansAdapter.PostgreSQL;

/// <summary>Keeps the list of silos in tables that <see cref="PostgreSqlDatabase"/> makes.</summary>
internal sealed class PostgreSqlClustering : Clustering
{
    private const string Invariant = "Npgsql";

    /// <summary>In seconds.</summary>
    private const int Limit = 3;

    public override string Complete(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (builder.Host is not { Length: > 0 })
        {
            throw new FormatException("it names no Host");
        }
        foreach (var limit in new[] { "Timeout", "Command Timeout" })
        {
            if (!IsGiven(connectionString, limit))
            {
                builder[limit] = Limit.ToString(CultureInfo.InvariantCulture);
            }
        }
        return builder.ConnectionString;
    }

    public override void Configure(ISiloBuilder silo, string connectionString) =>
        silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, connectionString));

    public override void Configure(IClientBuilder client, string connectionString) =>
        client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, connectionString));

    private static bool IsGiven(string connectionString, string key)
    {
        var plain = key.Replace(" ", "", StringComparison.Ordinal);
        return connectionString.Split(';')
            .Select(pair => pair.Split('=')[0].Replace(" ", "", StringComparison.Ordinal))
            .Contains(plain, StringComparer.OrdinalIgnoreCase);
    }
}
