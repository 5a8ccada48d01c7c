using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Hosting;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Traces;

/// <summary>What a worker does to warm up is in nobody's traces, though all that is recorded would be.</summary>
[Collection(TraceCollection.Name)]
public sealed class WarmUpTraceTests
{
    [Fact]
    public async Task A_warm_up_is_not_traced()
    {
        using var trace = new Traced();
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.Configure<OrleansAdapterOptions>(options =>
            {
                options.WarmUp.Enabled = true;
                options.WarmUp.Limit = TimeSpan.FromSeconds(2);
            }));
        Assert.True(WarmUp.Of(cluster[0].IO.Services).IsWanted);
        Assert.Empty(cluster[0].Log.Errors);
        Assert.Empty(trace.Everything());
    }
}
