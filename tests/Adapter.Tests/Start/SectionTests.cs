using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Tests.Start;

/// <summary>What <c>AddSocketIO()</c> and the others take of the configuration by themselves, and what they refuse to start without.</summary>
public sealed class SectionTests
{
    private static readonly string Id = ServerId.NewProcess().Process.ToString();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AddSocketIO_takes_its_section_and_the_servers_and_code_counts_more(bool directoryFirst)
    {
        var builder = NewBuilder(
            ("OrleansAdapter:ServerId", Id),
            ("OrleansAdapter:ServerName", "configured"),
            ("OrleansAdapter:Forwarding:Secret", "a-secret-of-the-tests"),
            ("SocketIO:MaxWaitingEvents", "7"),
            ("SocketIO:HandlerScheduling", "Parallel"),
            ("SocketIO:MaxAttachments", "3"));
        if (directoryFirst)
        {
            builder.Services.AddDirectory();
        }
        builder.Services.AddSocketIO(options => options.MaxAttachments++).AddSocketIO();
        builder.Services.AddOrleansAdapter(options => options.ServerName += " and changed");
        if (!directoryFirst)
        {
            builder.Services.AddDirectory();
        }
        await using var app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        var server = app.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>().Value;
        Assert.Equal((Id, "configured and changed", "a-secret-of-the-tests"), (server.ServerId, server.ServerName, server.Forwarding.Secret));
        var socketIO = app.Services.GetRequiredService<IOptions<SocketIOOptions>>().Value;
        Assert.Equal((7, HandlerScheduling.Parallel, 4), (socketIO.MaxWaitingEvents, socketIO.HandlerScheduling, socketIO.MaxAttachments));
        var socket = app.Services.GetRequiredService<SocketIOServer>().Of("/").Owner.Server;
        Assert.Equal(Id, socket.Process.ToString());
        await app.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Theory]
    [InlineData("OrleansAdapter:Supervised", "true", "AddSupervision() on the services. Call")]
    [InlineData("OrleansAdapter:Front:SocketPath", "/nowhere", "UsePrimary() on the web host. Call")]
    [InlineData("OrleansAdapter:Front:ListenPath", "/nowhere", "UsePrimary() on the web host. Call")]
    public void Under_a_primary_a_host_that_lacks_what_it_needs_is_not_built_and_says_what(string key, string value, string missing)
    {
        var builder = NewBuilder((key, value));
        builder.Services.AddDirectory().AddSocketIO();
        var exception = Assert.Throws<OptionsValidationException>(builder.Build);
        Assert.Contains("A primary started this process", exception.Message, StringComparison.Ordinal);
        Assert.Contains(missing, exception.Message, StringComparison.Ordinal);
        Assert.Contains("AddOrleansAdapter() on the host's builder", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_each_part_alone_starts()
    {
        var builder = NewBuilder(("OrleansAdapter:Supervised", "true"));
        builder.WebHost.UsePrimary();
        builder.Services.AddSupervision().AddDirectory().AddSocketIO();
        await using var app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        await app.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Theory]
    [InlineData("Gateways:0", "127.0.0.1:1")]
    [InlineData("MembershipFile", "/nowhere")]
    public async Task A_directory_without_its_section_where_that_names_a_cluster_is_refused(string key, string value)
    {
        var builder = NewBuilder(($"OrleansAdapter:Directory:{key}", value));
        builder.Services.AddDirectory().AddSocketIO();
        await using var app = builder.Build();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("AddDirectory() was called without it: this server would be alone", exception.Message, StringComparison.Ordinal);
    }

    private static WebApplicationBuilder NewBuilder(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.Configuration["urls"] = $"http://{IPAddress.Loopback}:0";
        return builder;
    }
}
