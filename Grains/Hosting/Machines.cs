using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>Which machine this silo is on, and whether the table of silos has others. A machine is what silos have one address on.</summary>
internal sealed class Machines
{
    private readonly IClusterMembershipService _membership;
    private readonly bool _wanted;
    private readonly ILogger _logger;
    private readonly Lock _counting = new();
    private volatile ClusterMembershipSnapshot? _counted;
    private volatile bool _areSeveral;

    /// <param name="membership">The table, as it was read last.</param>
    /// <param name="own">This silo's machine; null where all silos are on one.</param>
    /// <param name="wanted">Whether homes ask for a second machine, where there is one.</param>
    /// <param name="logger">The log, which says when that changes.</param>
    public Machines(IClusterMembershipService membership, string? own, bool wanted, ILogger logger) =>
        (_membership, Own, _wanted, _logger) = (membership, own, wanted, logger);

    /// <summary>This silo's machine; null where all silos are on one.</summary>
    public string? Own { get; }

    /// <summary>This silo's machine, where homes have to wait for a second one; else null.</summary>
    public string? OfHomes
    {
        get
        {
            if (!_wanted || Own is null)
            {
                return null;
            }
            var snapshot = _membership.CurrentSnapshot;
            if (!ReferenceEquals(snapshot, _counted))
            {
                Count(snapshot);
            }
            return _areSeveral ? Own : null;
        }
    }

    /// <summary>Those of a silo. A table that is a file, or in the memory of a silo, is that of one machine.</summary>
    public static Machines Of(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<DirectoryOptions>>().Value;
        var table = services.GetService<IMembershipTable>();
        var isOfOne = table is null or FileMembershipTable || table.GetType().Assembly == typeof(Silo).Assembly;
        var own = options.Machine is { Length: > 0 } named ? named
            : isOfOne ? null
            : services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint.Address.ToString();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(DirectoryLog.Category).Bounded(services.GetRequiredService<TimeProvider>());
        return new Machines(services.GetRequiredService<IClusterMembershipService>(), own, options.AcknowledgeOnSecondMachine, logger);
    }

    private void Count(ClusterMembershipSnapshot snapshot)
    {
        lock (_counting)
        {
            var areSeveral = snapshot.Members.Values.Where(member => member.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)
                .Select(member => member.SiloAddress.Endpoint.Address)
                .Distinct()
                .Take(2)
                .Count() > 1;
            if (areSeveral != _areSeveral)
            {
                _areSeveral = areSeveral;
                if (areSeveral)
                {
                    DirectoryLog.SeveralMachines(_logger);
                }
                else
                {
                    DirectoryLog.OneMachine(_logger);
                }
            }
            _counted = snapshot;
        }
    }
}
