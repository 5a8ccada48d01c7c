using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.Grains.Local;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the Local engine.</summary>
public static class LocalDirectoryServices
{
    /// <summary>
    /// Adds the directory of the Local engine: in this process, or, with <see cref="LocalDirectoryOptions.SocketPath"/>, in the process that listens there.
    /// Options are checked when the host starts.
    /// </summary>
    public static IServiceCollection AddLocalDirectory(this IServiceCollection services, Action<LocalDirectoryOptions>? configure = null)
    {
        services.AddOptions<LocalDirectoryOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LocalDirectoryOptions>, LocalDirectoryOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IDirectory>(Create);
        return services;
    }

    private static IDirectory Create(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<LocalDirectoryOptions>>().Value;
        var time = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansAdapter.Directory");
        if (options.SocketPath is { } path)
        {
            return new LinkDirectory(new LinkTarget(path, LinkGreeting.Secret(options.Secret), LinkRole.Worker), options.Link, time, new Random(), logger);
        }
        var host = new DirectoryHost(new DirectoryHostOptions(options.Rooms, options.Servers, FirstStart: true), time, new Random(), logger);
        return new LocalDirectory(host, ownsHost: true);
    }
}
