using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Namespaces;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.SocketIO;
using OrleansAdapter.Threading;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Engine.IO without Socket.IO to an ASP.NET Core application.</summary>
public static class EngineIOExtensions
{
    /// <summary>
    /// Adds what <see cref="MapEngineIO(IEndpointRouteBuilder, string, Action{EngineIOConnection})"/> needs, with the options that the section
    /// <c>EngineIO</c> of the configuration gives. This process becomes a server of the cluster with that; a directory has to be added as well:
    /// <c>AddOrleansAdapter()</c> on the host's builder (package OrleansAdapter) adds all that is needed.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the options that the configuration gives.</param>
    public static IServiceCollection AddEngineIO(this IServiceCollection services, Action<EngineIOOptions>? configure = null)
    {
        services.AddSectionOptions<EngineIOOptions, EngineIOOptionsValidator>("EngineIO", configure);
        services.AddCors();
        return services.AddOrleansAdapter();
    }

    /// <summary>Serves Engine.IO under a path.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, as clients have it (<c>path</c>), without the slash at its end.</param>
    /// <param name="opened">
    /// Called for each client that connects: says what to do with its messages, and may send some. Where it throws, the client is refused,
    /// with 403 or the close code 1008.
    /// </param>
    /// <returns>What policies are added to: authorisation, rate limits, CORS.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddEngineIO();
    /// var app = builder.Build();
    /// app.MapEngineIO("/engine.io", connection => connection.OnMessage(message => connection.Send(message.Text)));
    /// </code>
    /// </example>
    public static IEndpointConventionBuilder MapEngineIO(this IEndpointRouteBuilder endpoints, string path, Action<EngineIOConnection> opened)
    {
        ArgumentNullException.ThrowIfNull(opened);
        return endpoints.MapEngineIO(path, (connection, _) => opened(connection));
    }

    /// <summary>Serves Engine.IO under a path.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, as clients have it (<c>path</c>), without the slash at its end.</param>
    /// <param name="opened">
    /// Called for each client that connects, with the handshake's request, which is there during the call only. Where it throws, the client is refused,
    /// with 403 or the close code 1008.
    /// </param>
    /// <returns>What policies are added to: authorisation, rate limits, CORS.</returns>
    public static IEndpointConventionBuilder MapEngineIO(this IEndpointRouteBuilder endpoints, string path, Action<EngineIOConnection, HttpContext> opened)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(opened);
        return EngineEndpoint.Map(endpoints, path.TrimEnd('/'), NewServer(endpoints.ServiceProvider, opened), "Engine.IO");
    }

    private static EngineServer NewServer(IServiceProvider services, Action<EngineIOConnection, HttpContext> opened)
    {
        var server = services.GetRequiredService<ThisServer>();
        EngineServer engine = null!;
        engine = new EngineServer(
            services.GetRequiredService<IOptions<EngineIOOptions>>().Value,
            SlowClientLimits.Of(server.Options),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILoggerFactory>().CreateLogger<EngineIOConnection>().Bounded(services.GetRequiredService<TimeProvider>()),
            () => SocketId.New(server.FirstLife).ToString(),
            (session, context) =>
            {
                var connection = new EngineIOConnection(session, engine);
                try
                {
                    opened(connection, context);
                }
                catch
                {
                    connection.Refuse();
                    throw;
                }
                return connection;
            })
        {
            Protocol = ClientKind.EngineIOProtocol,
            Metrics = server.Metrics,
            Forwarder = services.GetService<SessionForwarder>(),
            Limits = services.GetRequiredService<RateLimits>(),
            Draining = server.Draining,
        };
        server.Draining.Add(engine);
        return engine;
    }
}

/// <summary>The one place that says which options are valid.</summary>
internal sealed class EngineIOOptionsValidator : IValidateOptions<EngineIOOptions>
{
    public ValidateOptionsResult Validate(string? name, EngineIOOptions options)
    {
        var wrong = options.Errors().Select(error => $"{nameof(EngineIOOptions)}.{error}").ToArray();
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
