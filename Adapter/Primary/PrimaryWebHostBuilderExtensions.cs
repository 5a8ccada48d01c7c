using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansAdapter.Primary;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Lets a web application be a worker of the primary (<c>Silo primary --worker PROGRAM</c>).</summary>
public static class PrimaryWebHostBuilderExtensions
{
    private static readonly string[] OwnAddresses = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];

    /// <summary>
    /// Where a primary started this process, connections come from it, and addresses of this process's own (<c>--urls</c>, <c>ASPNETCORE_URLS</c>) mean nothing: the primary
    /// owns the ports. With a certificate at <c>Kestrel:Certificates:Default</c>, connections that begin with TLS are served as well. Otherwise nothing changes, so call it always.
    /// </summary>
    /// <exception cref="OptionsValidationException">The primary's environment variables are not whole.</exception>
    public static IWebHostBuilder UsePrimary(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.ConfigureServices((context, services) =>
        {
            if (services.Any(service => service.ServiceType == typeof(Marker)))
            {
                return;
            }
            services.AddSingleton<Marker>();
            if (ProxiedEndPoint.PathIn(context.Configuration) is { } path)
            {
                ForgetAddresses(context.Configuration);
                services.AddTransient<IStartupFilter, ProxiedEndPoint>();
                services.Configure<KestrelServerOptions>(kestrel => ProxiedEndPoint.Listen(kestrel, path));
            }
            else if (FrontOptions.Read(context.Configuration) is { } options)
            {
                ForgetAddresses(context.Configuration);
                AddHandOver(services, options);
            }
        });
        return builder;
    }

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

    private sealed class Marker;
}
