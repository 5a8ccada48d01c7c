using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>Answers, which shows that the silo does: it is always the one that the call came to, whatever others there are.</summary>
[Alias("OrleansAdapter.IPingGrain")]
internal interface IPingGrain : IGrainWithIntegerKey
{
    /// <summary>Ends at once. An answer that comes late is one, too.</summary>
    [Alias("Ping"), ResponseTimeout("00:00:10")]
    Task Ping();
}
