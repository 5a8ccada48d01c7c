using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.Primary;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds all of OrleansAdapter to an application.</summary>
public static class OrleansAdapterHostingExtensions
{
    /// <summary>
    /// Makes this process a server of the cluster, by the section <c>OrleansAdapter</c> of its configuration: <see cref="OrleansAdapterOptions"/>, and
    /// below <c>Directory</c> where the directory is. What is added, each of which can also be added alone:
    /// <list type="bullet">
    /// <item>the server, which leaves the cluster in an orderly way when the host stops (<c>Services.AddOrleansAdapter</c>);</item>
    /// <item>the directory that is configured, else that of the host's own Orleans silo or client, else one in this process
    /// (<c>Services.AddDirectory</c>);</item>
    /// <item>supervision by the primary (<c>Services.AddSupervision</c>), and the connections that it hands over (<c>WebHost.UsePrimary</c>);</item>
    /// <item>a health check, <c>orleansadapter</c> (<c>Services.AddHealthChecks().AddOrleansAdapter</c>); the application maps it.</item>
    /// </list>
    /// Hubs reach the cluster with <c>AddSignalR().AddOrleansAdapter()</c>, Socket.IO is added with <c>AddSocketIO()</c>, and what has no clients adds an
    /// <see cref="Emitter"/> with <c>AddEmitter()</c>. The order of the calls does not matter, and calling this one again only adds to the options.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="configure">Changes the options that the configuration gives, as does what other calls are given, before or after this one.</param>
    /// <exception cref="OptionsValidationException">A value of the directory's section or of the primary's cannot be read.</exception>
    public static IHostApplicationBuilder AddOrleansAdapter(this IHostApplicationBuilder builder, Action<OrleansAdapterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Services.Any(service => service.ServiceType == typeof(Added)))
        {
            builder.Services.AddSingleton<Added>();
            builder.Services.AddDirectory(builder.Configuration.GetSection(DirectoryOptions.Section));
            builder.Services.AddSupervision();
            builder.Services.AddPrimary(builder.Configuration);
            builder.Services.AddHealthChecks().AddOrleansAdapter();
        }
        builder.Services.AddOrleansAdapter(configure);
        return builder;
    }

    private sealed class Added;
}
