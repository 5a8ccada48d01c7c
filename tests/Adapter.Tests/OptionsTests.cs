namespace OrleansAdapter.Tests;

/// <summary>Options that cannot work are refused when the host starts, and named.</summary>
public sealed class OptionsTests
{
    private readonly OrleansAdapterOptionsValidator _validator = new();

    [Fact]
    public void Defaults_are_valid() => Assert.True(_validator.Validate(null, new OrleansAdapterOptions()).Succeeded);

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_work_is_named(string option, Action<OrleansAdapterOptions> change)
    {
        var options = new OrleansAdapterOptions();
        change(options);
        Assert.Contains($"OrleansAdapterOptions.{option} ", Assert.Single(_validator.Validate(null, options).Failures!), StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<OrleansAdapterOptions>> Wrong() => new()
    {
        { "HeartbeatTimeout", options => options.HeartbeatInterval = options.HeartbeatTimeout },
        { "HeartbeatTimeout", options => options.LeaseRenewal = TimeSpan.FromSeconds(6) },
        { "HeartbeatTimeout", options => options.HeartbeatTimeout = TimeSpan.FromHours(2) },
        { "RequestsTimeout", options => options.RequestsTimeout = TimeSpan.Zero },
        { "RequestsTimeout", options => options.RequestsTimeout = TimeSpan.MaxValue },
        { "MaximumPendingRequests", options => options.MaximumPendingRequests = 0 },
        { "MaximumAnswerSize", options => options.MaximumAnswerSize = int.MaxValue },
        { "WarmUp.Limit", options => options.WarmUp.Limit = TimeSpan.Zero },
        { "WarmUp.Limit", options => options.WarmUp.Limit = TimeSpan.FromMinutes(2) },
        { "HubRecovery.MaxDisconnectionDuration", options => options.HubRecovery = new() { MaxDisconnectionDuration = TimeSpan.Zero } },
        { "HubRecovery.MaxReplayedInvocations", options => options.HubRecovery = new() { MaxReplayedInvocations = -1 } },
        { "HubRecovery.WindowBytes", options => options.HubRecovery = new() { WindowBytes = 0 } },
    };
}
