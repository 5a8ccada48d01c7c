using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A body that is no HTTP is the client's error wherever it is sent, whether somebody reads it or not, and logged as none of the server.</summary>
public sealed class MalformedBodyTests
{
    private const string Body = "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nx: \0\r\n\r\n";

    private static readonly string[] Requests =
    [
        "OPTIONS /socket.io/",
        "GET /socket.io/?EIO=4&transport=polling",
        "POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAABAAAAAAAAAAAA",
        "POST /hub/negotiate?negotiateVersion=1",
        "POST /hub?id=nobody",
        "POST /nothing",
        "POST /read",
    ];

    [Fact]
    public async Task A_chunked_body_with_a_NUL_in_its_trailer_is_no_error_of_the_server()
    {
        var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddSignalR().AddOrleansAdapter(),
            map: (app, _) =>
            {
                app.MapHub<Quiet>("/hub");
                app.MapPost("/read", async (HttpRequest read) => await new StreamReader(read.Body).ReadToEndAsync());
            });
        var log = cluster[0].Log;
        var answers = await Task.WhenAll(Requests.Select(request => AnswerAsync(cluster[0].Address.Port, request)));
        await cluster.DisposeAsync(); // which waits for what the connections' end brings
        Assert.All(answers, answer => Assert.Matches("^HTTP/1.1 (2|4)..", answer));
        Assert.StartsWith("HTTP/1.1 400", answers[^1], StringComparison.Ordinal);
        Assert.Empty(log.Errors);
    }

    private static async Task<string> AnswerAsync(int port, string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"{request} HTTP/1.1\r\nHost: a\r\n{Body}"), TestContext.Current.CancellationToken);
        var answer = new byte[1 << 16];
        return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, TestContext.Current.CancellationToken));
    }

    private sealed class Quiet : Hub;
}
