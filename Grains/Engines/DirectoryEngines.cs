using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansAdapter.Grains.Local;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the engine that the configuration names.</summary>
public static partial class DirectoryEngines
{
    private const string Default = "local";

    /// <summary>
    /// Adds the directory of the engine that <c>Engine</c> names in this section of the configuration: <c>local</c>, which is the default, or
    /// <c>orleans</c> in a build that has it. For <c>local</c> the section also holds the <see cref="LocalDirectoryOptions"/>; without <c>SocketPath</c> the
    /// directory runs in this process, and the server is alone.
    /// </summary>
    /// <exception cref="OptionsValidationException">The engine is unknown, or not in this build.</exception>
    public static IServiceCollection AddDirectory(this IServiceCollection services, IConfigurationSection section)
    {
        Dictionary<string, Action> engines = new(StringComparer.OrdinalIgnoreCase)
        {
            [Default] = () => services.AddLocalDirectory(section.Bind),
        };
        AddOrleans(engines, services, section);
        var wanted = section["Engine"] ?? Default;
        if (!engines.TryGetValue(wanted, out var add))
        {
            throw new OptionsValidationException(
                section.Path,
                typeof(DirectoryEngines),
                [$"{section.Path}:Engine is \"{wanted}\", which is not in this build; it has: {string.Join(", ", engines.Keys)}."]);
        }
        add();
        return services;
    }

    /// <summary>Adds the Orleans engine to those of this build. Implemented in a folder named Orleans/, and so only where the build has it.</summary>
    static partial void AddOrleans(IDictionary<string, Action> engines, IServiceCollection services, IConfigurationSection section);
}
