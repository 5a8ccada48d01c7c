using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Draining;
using OrleansAdapter.Primary;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets a host run under the primary (<c>Silo primary --worker PROGRAM</c>).</summary>
public static class SupervisionServices
{
    /// <summary>
    /// Where a primary started this process, it is told when the host has started; the host leaves the cluster and stops when the primary says so, and
    /// stops at once when it is gone, however it went. Otherwise nothing changes, so call it always.
    /// </summary>
    public static IServiceCollection AddSupervision(this IServiceCollection services) => services.AddSupervision(terminable: true);

    /// <summary>Whether a host does so.</summary>
    internal static bool IsAdded(IServiceProvider services) => services.GetService<Added>() is not null;

    internal static IServiceCollection AddSupervision(this IServiceCollection services, bool terminable)
    {
        services.TryAddSingleton<Added>();
        if (SupervisionContract.IsSupervised && services.All(service => service.ServiceType != typeof(DrainedByLifetime)))
        {
            var primary = PrimaryWord.OfThisProcess(terminable); // heard from now on: the host may take its time to start, and need not then
            services.AddSingleton<IHostLifetime>(provider => new SupervisedLifetime(
                provider.GetRequiredService<IHostApplicationLifetime>(),
                provider,
                terminable,
                ProcessEnd.Exit,
                ProcessEnd.Kill,
                primary));
            services.AddSingleton<DrainedByLifetime>();
            services.Configure<HostOptions>(options => options.ShutdownTimeout = SupervisionContract.EndLimit / 2);

            // Where it listens is told by the primary.
            services.AddLogging(logging => logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning));
        }
        return services;
    }

    private sealed class Added;
}
