using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using OrleansAdapter.Grains;
using OrleansAdapter.Redis;
using StackExchange.Redis;

[assembly: Clustering(typeof(RedisClustering))]

namespace OrleansAdapter.Redis;

/// <summary>Keeps the list of silos in a hash of Redis, named for the cluster.</summary>
internal sealed class RedisClustering : Clustering
{
    /// <summary>In milliseconds.</summary>
    private const int Limit = 3_000;

    public override string Complete(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        if (options.EndPoints.Count == 0)
        {
            throw new FormatException("it names no host");
        }
        if (!connectionString.Contains("connectTimeout", StringComparison.OrdinalIgnoreCase))
        {
            options.ConnectTimeout = Limit;
        }
        if (!connectionString.Contains("asyncTimeout", StringComparison.OrdinalIgnoreCase))
        {
            options.AsyncTimeout = Limit;
        }
        return options.ToString(includePassword: true);
    }

    public override void Configure(ISiloBuilder silo, string connectionString) =>
        silo.UseRedisClustering(options => options.ConfigurationOptions = ConfigurationOptions.Parse(connectionString));

    public override void Configure(IClientBuilder client, string connectionString) =>
        client.UseRedisClustering(options => options.ConfigurationOptions = ConfigurationOptions.Parse(connectionString));
}
