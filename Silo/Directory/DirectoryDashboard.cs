using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.Silo;

/// <summary>The directory's process with Orleans' dashboard, which shows its grains, to requests that name this machine.</summary>
internal static class DirectoryDashboard
{
    /// <summary>Runs it until it is told to stop.</summary>
    /// <param name="address">Where the dashboard is shown.</param>
    /// <param name="configure">Makes the host the directory.</param>
    /// <exception cref="OptionsException">The address cannot be had.</exception>
    public static async Task<int> RunAsync(IPEndPoint address, Action<IHostApplicationBuilder> configure)
    {
        var builder = BareServer.Builder(kestrel => kestrel.Listen(address));
        configure(builder);
        // Its requests are no news.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Error);
        builder.UseOrleans(silo => silo.AddDashboard());
        await using var app = builder.Build();
        app.Use(next => context =>
        {
            if (BareServer.IsHere(context.Request.Host))
            {
                return next(context);
            }
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.UseRouting();
        app.MapOrleansDashboard();
        try
        {
            await app.RunAsync();
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            throw new OptionsException($"--dashboard {address}: {exception.Message.TrimEnd('.')}");
        }
        return 0;
    }
}
