using OrleansAdapter.Bench.Directory;

namespace OrleansAdapter.Bench.Requests;

/// <content>The Orleans engine: a silo, and servers that are its clients.</content>
internal static partial class RequestsBenchmark
{
    static partial void AddOrleans(List<Func<Task>> more) =>
        more.Add(() => MeasureAsync("Orleans", "orleans-host", "requests-role-orleans", OrleansBenchmark.FreeAddress(), Roles.ServerOnOrleansAsync));

    static partial void HoldOnOrleans(string address, ref Task<int>? run) => run = HoldAsync(Roles.ServerOnOrleansAsync(address));
}
