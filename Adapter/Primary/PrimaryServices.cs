using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Primary;

/// <summary>Has Kestrel take the primary's connections, in whatever host it runs: it reads its options and its transports from the services.</summary>
internal static class PrimaryServices
{
    private static readonly string[] OwnAddresses = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];

    /// <summary>
    /// Where a primary started this process, Kestrel takes its connections, and no addresses of its own. Otherwise nothing changes. The second call for the
    /// same services does nothing; a host without Kestrel has no use for it, and is not harmed.
    /// </summary>
    /// <exception cref="OptionsValidationException">The primary's environment variables are not whole.</exception>
    public static void AddPrimary(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(service => service.ServiceType == typeof(Added)))
        {
            return;
        }
        services.AddSingleton<Added>();
        if (ProxiedEndPoint.PathIn(configuration) is { } path)
        {
            ForgetAddresses(configuration);
            services.AddTransient<IStartupFilter, ProxiedEndPoint>();
            services.Configure<KestrelServerOptions>(kestrel => ProxiedEndPoint.Listen(kestrel, path));
        }
        else if (FrontOptions.Read(configuration) is { } options)
        {
            ForgetAddresses(configuration);
            AddHandOver(services, options);
        }
    }

    /// <summary>Whether a primary gives this process its connections.</summary>
    public static bool IsIn(IConfiguration configuration) =>
        ProxiedEndPoint.PathIn(configuration) is not null
        || configuration.GetSection(FrontContract.Section)[nameof(FrontOptions.SocketPath)] is { Length: > 0 };

    /// <summary>Whether a host takes them.</summary>
    public static bool IsAdded(IServiceProvider services) => services.GetService<Added>() is not null;

    private static void AddHandOver(IServiceCollection services, FrontOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Connections are handed over on Linux only.");
        }
        services.AddSingleton(options);
        services.AddSingleton<IConnectionListenerFactory, FrontListenerFactory>();
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Listen(new FrontEndPoint(secure: false));
            if (options.Secure)
            {
                kestrel.Listen(new FrontEndPoint(secure: true), endPoint => endPoint.UseHttps());
            }
        });
    }

    private static void ForgetAddresses(IConfiguration configuration)
    {
        foreach (var key in OwnAddresses)
        {
            configuration[key] = "";
        }
    }

    private sealed class Added;
}
