using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>
/// Which pages may open a WebSocket where nginx is in front: with its defaults, which put the server's own address into Host, and with either recipe.
/// </summary>
public sealed class NginxTests
{
    private const string Nginx = "/usr/sbin/nginx";

    /// <summary>What a location needs for WebSockets at all.</summary>
    private const string WebSockets = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";

    private static readonly (string Name, string Settings)[] Fronts =
    [
        ("default", ""), ("host", "proxy_set_header Host $host;"), ("forwarded", "proxy_set_header X-Forwarded-Host $host;"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_of_the_site_itself_have_a_WebSocket_behind_nginx_and_others_have_none()
    {
        Assert.SkipUnless(File.Exists(Nginx), $"Needs {Nginx}, which test.sh installs where it may.");
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder =>
            {
                builder.Services.AddSignalR().AddOrleansAdapter();
                builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedHost);
            },
            map: (app, _) =>
            {
                app.UseForwardedHeaders();
                app.MapHub<Quiet>("/hub");
            });
        var folder = Directory.CreateTempSubdirectory("oa-nginx-");
        using var nginx = Start(folder.FullName, cluster[0].Address.Port);
        try
        {
            foreach (var (front, _) in Fronts)
            {
                using var http = new HttpClient(new SocketsHttpHandler
                {
                    ConnectCallback = async (_, cancellation) => await ConnectAsync(nginx, Path.Combine(folder.FullName, front), cancellation),
                });
                foreach (var path in new[] { "/socket.io/?EIO=4&transport=websocket", "/hub" })
                {
                    Assert.Equal(101, await UpgradeAsync(http, path, "https://chat.example", "same-origin"));
                    Assert.Equal(front == "default" ? 403 : 101, await UpgradeAsync(http, path, "https://chat.example", null));
                    Assert.Equal(403, await UpgradeAsync(http, path, "https://evil.example", "cross-site"));
                    Assert.Equal(403, await UpgradeAsync(http, path, "https://evil.example", null));
                    Assert.Equal(101, await UpgradeAsync(http, path, null, null));
                }
            }
        }
        finally
        {
            nginx.Kill(entireProcessTree: true);
            await nginx.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private static Process Start(string folder, int port)
    {
        var servers = string.Concat(Fronts.Select(front =>
            $"server {{ listen unix:{folder}/{front.Name}; location / {{ proxy_pass http://127.0.0.1:{port}; {WebSockets} {front.Settings} }} }}\n"));
        var temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {folder}/{name};\n"));
        File.WriteAllText(
            $"{folder}/nginx.conf",
            $"daemon off; {(Environment.IsPrivilegedProcess ? "user root;" : "")} pid {folder}/pid; error_log {folder}/errors;\n"
                + $"events {{ }}\nhttp {{ access_log off;\n{temporary}{servers}}}\n");
        return Process.Start(new ProcessStartInfo(Nginx, ["-c", $"{folder}/nginx.conf", "-e", $"{folder}/errors"]))!;
    }

    /// <summary>Connects as soon as nginx listens.</summary>
    private static async Task<Stream> ConnectAsync(Process nginx, string path, CancellationToken cancellation)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (!nginx.HasExited)
            {
                socket.Dispose();
                await Task.Yield();
            }
        }
    }

    private static async Task<int> UpgradeAsync(HttpClient http, string path, string? origin, string? site)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://chat.example{path}"));
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        return (int)response.StatusCode;
    }

    private sealed class Quiet : Hub;
}
