using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Hosting;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Socket.IO to an ASP.NET Core application.</summary>
public static class SocketIOExtensions
{
    /// <summary>
    /// Adds the Socket.IO server, as <see cref="SocketIOServer"/>, with the options that the section <c>SocketIO</c> of the configuration gives. This process
    /// becomes a server of the cluster with that; a directory has to be added as well: <c>AddOrleansAdapter()</c> on the host's builder (package
    /// OrleansAdapter) adds all that is needed.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the options that the configuration gives.</param>
    public static IServiceCollection AddSocketIO(this IServiceCollection services, Action<SocketIOOptions>? configure = null)
    {
        services.AddSectionOptions<SocketIOOptions, SocketIOOptionsValidator>("SocketIO", configure);
        services.AddCors();
        services.TryAddSingleton(static provider => new SocketIOServer(
            provider.GetRequiredService<ThisServer>(),
            provider.GetRequiredService<IOptions<SocketIOOptions>>(),
            provider,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWarmUpFront, SocketIOWarmUp>());
        return services.AddOrleansAdapter();
    }

    /// <summary>Serves Socket.IO under a path, and the browser's clients where they are (<see cref="SocketIOOptions.ServeClient"/>).</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, as clients have it (<c>path</c>), without the slash at its end.</param>
    /// <returns>What policies are added to: authorisation, rate limits, CORS.</returns>
    public static IEndpointConventionBuilder MapSocketIO(this IEndpointRouteBuilder endpoints, string path = "/socket.io")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapSocketIO(path, endpoints.ServiceProvider.GetRequiredService<SocketIOServer>().Options.Parser);
    }

    /// <summary>
    /// Serves Socket.IO under a path for clients with this parser, whatever <see cref="SocketIOOptions.Parser"/> says: the same namespaces and rooms as under
    /// other paths.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, as clients have it (<c>path</c>), without the slash at its end.</param>
    /// <param name="parser">The parser.</param>
    /// <returns>What policies are added to: authorisation, rate limits, CORS.</returns>
    public static IEndpointConventionBuilder MapSocketIO(this IEndpointRouteBuilder endpoints, string path, SocketIOParser parser)
    {
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = path.TrimEnd('/');
        var server = endpoints.ServiceProvider.GetRequiredService<SocketIOServer>();
        ClientFiles.Map(endpoints, path, server.Options);
        return EngineEndpoint.Map(endpoints, path, server.Engine, "Socket.IO").WithMetadata(parser);
    }
}
