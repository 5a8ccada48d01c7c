using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Primary;

/// <summary>
/// Refuses to start a worker of a primary that would not work as one: without what takes the primary's connections, or its word, it would seem to run.
/// </summary>
internal sealed class PrimaryCheck(IServiceProvider services) : IValidateOptions<OrleansAdapterOptions>
{
    public ValidateOptionsResult Validate(string? name, OrleansAdapterOptions options)
    {
        if (services.GetService<IConfiguration>() is not { } configuration)
        {
            return ValidateOptionsResult.Success;
        }
        List<string> missing = [];
        if (configuration.GetValue<bool>(SupervisionContract.SupervisedKey) && !SupervisionServices.IsAdded(services))
        {
            missing.Add("AddSupervision() on the services");
        }
        if (PrimaryServices.IsIn(configuration) && !PrimaryServices.IsAdded(services))
        {
            missing.Add("UsePrimary() on the web host");
        }
        return missing.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"A primary started this process (OrleansAdapter:Supervised, {FrontContract.Section}), and the host was not told to take its part: it lacks "
                + $"{string.Join(" and ", missing)}. Call AddOrleansAdapter() on the host's builder (package OrleansAdapter), which does all of it.");
    }
}
