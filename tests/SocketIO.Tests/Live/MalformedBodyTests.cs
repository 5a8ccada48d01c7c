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

    [Theory]
    [InlineData("OPTIONS /socket.io/")]
    [InlineData("GET /socket.io/?EIO=4&transport=polling")]
    [InlineData("POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAABAAAAAAAAAAAA")]
    [InlineData("POST /hub/negotiate?negotiateVersion=1")]
    [InlineData("POST /hub?id=nobody")]
    [InlineData("POST /nothing")]
    [InlineData("POST /read")]
    public async Task A_chunked_body_with_a_NUL_in_its_trailer_is_no_error_of_the_server(string request)
    {
        var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddSignalR().AddOrleansAdapter(),
            map: (app, _) =>
            {
                app.MapHub<Quiet>("/hub");
                app.MapPost("/read", async (HttpRequest read) => await new StreamReader(read.Body).ReadToEndAsync());
            });
        var log = cluster[0].Log;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, cluster[0].Address.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"{request} HTTP/1.1\r\nHost: a\r\n{Body}"), TestContext.Current.CancellationToken);
        var answer = new byte[1 << 16];
        var length = await socket.ReceiveAsync(answer, TestContext.Current.CancellationToken);
        Assert.Matches("^HTTP/1.1 (2|4)..", Encoding.ASCII.GetString(answer, 0, length));
        socket.Close();
        await cluster.DisposeAsync(); // which waits for what the connection's end brings
        Assert.Empty(log.Errors);
    }

    private sealed class Quiet : Hub;
}
