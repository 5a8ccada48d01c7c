using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.Admin;
using OrleansAdapter.Primary;
using OrleansAdapter.SocketIO;
using OrleansAdapter.Threading;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Socket.IO's admin UI to an ASP.NET Core application.</summary>
public static class SocketIOAdminExtensions
{
    /// <summary>
    /// Adds what Socket.IO's admin UI (the npm package <c>@socket.io/admin-ui</c>) talks to, with the options that the section <c>SocketIO:Admin</c> of the
    /// configuration gives; <see cref="MapSocketIOAdmin"/> opens it. It shows the clients of all servers that have it, those of SignalR too.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the options that the configuration gives: who may use it has to be said.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddSocketIOAdmin(admin => (admin.Username, admin.PasswordHash) = ("admin", "$2b$10$…"));
    /// …
    /// app.MapSocketIOAdmin();
    /// </code>
    /// </example>
    public static IServiceCollection AddSocketIOAdmin(this IServiceCollection services, Action<SocketIOAdminOptions>? configure = null)
    {
        services.AddSocketIO();
        services.AddSectionOptions<SocketIOAdminOptions, SocketIOAdminOptionsValidator>("SocketIO:Admin", configure);
        if (services.Any(static service => service.ServiceType == typeof(AdminConsole)))
        {
            return services;
        }
        services.AddSingleton<AdminHubFilter>();
        services.Configure<HubOptions>(static hubs => hubs.AddFilter<AdminHubFilter>());
        services.AddSingleton(static provider => new AdminGate(
            provider.GetRequiredService<IOptions<SocketIOAdminOptions>>().Value,
            provider.GetRequiredService<SocketIOServer>().Metrics,
            LoggerOf(provider),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new AdminConsole(
            provider.GetRequiredService<SocketIOServer>(),
            provider.GetRequiredService<AdminGate>(),
            provider.GetRequiredService<IOptions<SocketIOAdminOptions>>().Value,
            LoggerOf(provider)));
        services.AddSingleton<AdminPlace>();
        services.AddSingleton<IPrimaryQuestion>(static provider => provider.GetRequiredService<AdminPlace>());
        return services;
    }

    /// <summary>
    /// Opens the admin UI: its namespace on the Socket.IO server, and its page under a path where <see cref="SocketIOAdminOptions.PageFiles"/> has it. Without
    /// this nobody can come near it; with it, only from this machine, unless <see cref="SocketIOAdminOptions.AllowRemote"/> is set.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The page's path.</param>
    /// <returns>What policies of the page are added to; the namespace has its own (<see cref="SocketIOAdminOptions.Username"/>).</returns>
    public static IEndpointConventionBuilder MapSocketIOAdmin(this IEndpointRouteBuilder endpoints, string path = "/admin")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = "/" + path.Trim('/');
        var services = endpoints.ServiceProvider;
        services.GetRequiredService<AdminConsole>();
        var group = endpoints.MapGroup(path);
        var options = services.GetRequiredService<IOptions<SocketIOAdminOptions>>().Value;
        var hasPage = AdminPageFiles.Map(group, options.PageFiles, services.GetRequiredService<AdminGate>());
        services.GetRequiredService<AdminPlace>().Page = hasPage ? path + "/" : null;
        var logger = LoggerOf(services);
        var folder = options.PageFiles ?? AdminPageFiles.DefaultFolder;
        AdminLog.Opened(logger, options.Namespace, hasPage ? $"at {path}/" : $"not served, as there is none in {folder}");
        if (options is { AllowAnonymous: true, AllowRemote: true, ReadOnly: false })
        {
            AdminLog.OpenToAll(logger);
        }
        return group;
    }

    private static ILogger LoggerOf(IServiceProvider provider) =>
        provider.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansAdapter.Admin").Bounded(provider.GetRequiredService<TimeProvider>());
}
