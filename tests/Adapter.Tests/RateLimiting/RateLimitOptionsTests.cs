using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Tests.RateLimiting;

/// <summary>Limits are set by code and by configuration, and those that cannot work are named.</summary>
public sealed class RateLimitOptionsTests
{
    private readonly RateLimitOptionsValidator _validator = new();

    [Fact]
    public void Defaults_are_valid_and_limit_nothing()
    {
        var options = new RateLimitOptions();
        Assert.True(_validator.Validate(null, options).Succeeded);
        Assert.Empty(options.Events);
        Assert.All([options.PerConnection, options.PerUser, options.PerAddress, options.ConnectionsPerAddress], Assert.Null);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_work_is_named(string option, Action<RateLimitOptions> change)
    {
        var options = new RateLimitOptions();
        change(options);
        Assert.Contains($"RateLimitOptions.{option} ", Assert.Single(_validator.Validate(null, options).Failures!), StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<RateLimitOptions>> Wrong() => new()
    {
        { "PerUser.Permits", options => options.PerUser = new RateLimit() },
        { "PerAddress.Period", options => options.PerAddress = new RateLimit(1, TimeSpan.FromDays(2)) },
        { "PerConnection.Burst", options => options.PerConnection = new RateLimit(1, TimeSpan.FromSeconds(1), 0) },
        { "ConnectionsPerAddress", options => options.ConnectionsPerAddress = new RateLimit(1_000_000, TimeSpan.FromMilliseconds(1)) },
        { "Events[\"say\"].Permits", options => options.Events["say"] = new RateLimit(-1, TimeSpan.FromSeconds(1)) },
        { "IPv6PrefixLength", options => options.IPv6PrefixLength = 0 },
        { "MaxRemembered", options => options.MaxRemembered = 0 },
        { "SharedAddresses", options => options.SharedAddresses.Add("somewhere") },
    };

    [Fact]
    public void Configuration_sets_them_and_code_has_the_last_word()
    {
        var options = Build(
            new()
            {
                ["OrleansAdapter:RateLimits:Events:say:Permits"] = "5",
                ["OrleansAdapter:RateLimits:Events:say:Burst"] = "20",
                ["OrleansAdapter:RateLimits:PerUser:Permits"] = "7",
                ["OrleansAdapter:RateLimits:PerUser:Period"] = "00:01:00",
                ["OrleansAdapter:RateLimits:SharedAddresses:0"] = "10.0.0.0/8",
            },
            services => services.AddClientRateLimits(limits => limits.PerConnection = new RateLimit(9, TimeSpan.FromSeconds(1))));
        var say = options.Events["SAY"];
        Assert.Equal((5, TimeSpan.FromSeconds(1), 20), (say.Permits, say.Period, say.Burst));
        Assert.Equal((7, TimeSpan.FromMinutes(1)), (options.PerUser!.Permits, options.PerUser.Period));
        Assert.Equal(9, options.PerConnection!.Permits);
        Assert.Equal(["10.0.0.0/8"], options.SharedAddresses);
    }

    [Fact]
    public void Configuration_alone_is_enough() =>
        Assert.Equal(3, Build(new() { ["OrleansAdapter:RateLimits:PerAddress:Permits"] = "3" }, _ => { }).PerAddress!.Permits);

    [Fact]
    public void A_wrong_limit_in_the_configuration_is_an_error_that_names_it()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Build(new() { ["OrleansAdapter:RateLimits:PerAddress:Permits"] = "0" }, _ => { }));
        Assert.Contains("RateLimitOptions.PerAddress.Permits", error.Message, StringComparison.Ordinal);
    }

    private static RateLimitOptions Build(Dictionary<string, string?> settings, Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        add(services);
        services.AddOrleansAdapter();
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<RateLimitOptions>>().Value;
    }
}
