using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansAdapter;

/// <summary>Options that are what a section of the host's configuration says, without the application binding them.</summary>
internal static class ConfigurationSections
{
    /// <summary>
    /// Binds a section, before all that the application's code says of the options, wherever it does. Once for each type of options. A host without a
    /// configuration has the defaults.
    /// </summary>
    public static void TakeSection<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        if (services.Any(static service => service.ServiceType == typeof(Taken<TOptions>)))
        {
            return;
        }
        services.AddSingleton<Taken<TOptions>>();
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<TOptions>>(provider => new ConfigureOptions<TOptions>(
            options => provider.GetService<IConfiguration>()?.GetSection(section).Bind(options))));
    }

    /// <summary>Options that the section gives and then the application, and that are checked at the start.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="section">The section.</param>
    /// <param name="configure">What the application changes; null for nothing.</param>
    public static void AddSectionOptions<TOptions, TValidator>(this IServiceCollection services, string section, Action<TOptions>? configure = null)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.TakeSection<TOptions>(section);
        var options = services.AddOptions<TOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TValidator>());
    }

    private sealed class Taken<TOptions>;
}
