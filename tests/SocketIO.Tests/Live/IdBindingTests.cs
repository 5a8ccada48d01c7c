using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Ids in routes, queries and bodies of HTTP requests, and in events.</summary>
public sealed class IdBindingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Minimal_APIs_and_controllers_bind_ids_and_refuse_what_is_none()
    {
        var server = ServerId.NewProcess();
        var socket = SocketId.New(server);
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddControllers().AddApplicationPart(typeof(IdsController).Assembly),
            map: (app, _) =>
            {
                app.MapGet("/minimal/{socket}", (SocketId socket, ServerId? server) => new Ids(socket, server));
                app.MapPost("/minimal", (Ids ids) => ids);
                app.MapControllers();
            });
        using var client = new HttpClient { BaseAddress = cluster[0].Address };
        foreach (var path in new[] { "minimal", "mvc" })
        {
            Assert.Equal(new Ids(socket, server), await client.GetFromJsonAsync<Ids>($"{path}/{socket}?server={server}", Cancellation));
            Assert.Equal(new Ids(socket, null), await client.GetFromJsonAsync<Ids>($"{path}/{socket}", Cancellation));
            using var refused = await client.GetAsync(new Uri($"{path}/no-id", UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            using var posted = await client.PostAsJsonAsync(path, new Ids(socket, server), Cancellation);
            Assert.Equal(new Ids(socket, server), await posted.Content.ReadFromJsonAsync<Ids>(Cancellation));
            using var broken = await client.PostAsJsonAsync(path, new { socket = "no id" }, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        }
    }

    [Fact]
    public async Task Events_have_ids_as_arguments_and_within_them()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(socket => socket.Emit("welcome", new { id = socket.Id }))
            .On("whose", (SocketId id, Dictionary<SocketId, int> places) => new { id.Server, Place = places[id] }));
        var (socket, id) = await cluster[0].JoinAsync();

        Assert.Equal($"42[\"welcome\",{{\"id\":\"{id}\"}}]", await socket.ReceiveAsync());
        await socket.SendAsync($"421[\"whose\",\"{id}\",{{\"{id}\":7}}]");
        Assert.Equal($"431[{{\"server\":\"{id.Server}\",\"place\":7}}]", await socket.ReceiveAsync());
    }
}

/// <summary>Ids as a body has them.</summary>
public sealed record Ids(SocketId Socket, ServerId? Server);

/// <summary>A controller that says what it was given.</summary>
[ApiController]
[Route("mvc")]
public sealed class IdsController : ControllerBase
{
    /// <summary>From the route and the query.</summary>
    [HttpGet("{socket}")]
    public Ids Get(SocketId socket, ServerId? server) => new(socket, server);

    /// <summary>From the body.</summary>
    [HttpPost]
    public Ids Post(Ids ids) => ids;
}
