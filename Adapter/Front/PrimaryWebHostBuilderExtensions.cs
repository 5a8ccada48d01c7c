using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansAdapter.Front;

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
        var configured = false;
        builder.ConfigureServices((context, services) =>
        {
            if (FrontOptions.Read(context.Configuration) is not { } options || configured)
            {
                return;
            }
            configured = true;
            if (!OperatingSystem.IsLinux())
            {
                throw new PlatformNotSupportedException("Connections are handed over on Linux only.");
            }
            foreach (var key in OwnAddresses)
            {
                context.Configuration[key] = "";
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
        });
        return builder;
    }
}
