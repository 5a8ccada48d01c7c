using Microsoft.Extensions.Options;
using OrleansAdapter.Primary;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Lets a web application be a worker of the primary (<c>Silo primary --worker PROGRAM</c>).</summary>
public static class PrimaryWebHostBuilderExtensions
{
    /// <summary>
    /// Where a primary started this process, connections come from it, and addresses of this process's own (<c>--urls</c>, <c>ASPNETCORE_URLS</c>) mean
    /// nothing: the primary owns the ports. With a certificate at <c>Kestrel:Certificates:Default</c>, connections that begin with TLS are served as well.
    /// Otherwise nothing changes, so call it always.
    /// </summary>
    /// <exception cref="OptionsValidationException">The primary's environment variables are not whole.</exception>
    public static IWebHostBuilder UsePrimary(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices((context, services) => services.AddPrimary(context.Configuration));
    }
}
