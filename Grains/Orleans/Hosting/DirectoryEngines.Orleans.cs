using Microsoft.Extensions.Configuration;
using OrleansAdapter.OnOrleans;

namespace Microsoft.Extensions.DependencyInjection;

/// <content>The Orleans engine.</content>
public static partial class DirectoryEngines
{
    /// <summary>For <c>orleans</c> the section holds the <see cref="OrleansEngineOptions"/>: with <c>MembershipFile</c> this process is a silo as well, without it a client.</summary>
    static partial void AddOrleans(IDictionary<string, Action> engines, IServiceCollection services, IConfigurationSection section) => engines["orleans"] = () =>
    {
        var options = OrleansEngineOptions.From(section);
        if (options.IsColocated)
        {
            services.AddOrleansDirectorySilo(options, firstStart: false);
        }
        else
        {
            services.AddOrleansDirectoryClient(options);
        }
    };
}
