using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansAdapter.Silo.Status;

/// <summary>Asks a primary of this user how it is, at the socket file in its run's private directory.</summary>
internal sealed class StatusClient : IDisposable
{
    /// <summary>More than the primary takes to ask its workers and the cluster.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private static readonly Uri Address = new("http://localhost/status");
    private static readonly Uri WithCluster = new("http://localhost/status?cluster=true");

    private readonly HttpClient _http;

    /// <param name="path">The socket file.</param>
    public StatusClient(string path) => _http = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        Timeout = AnswerLimit,
    };

    /// <summary>The status; null where nobody answers.</summary>
    /// <param name="cluster">Whether that of the whole cluster is wanted as well, which takes longer.</param>
    public async Task<PrimaryStatus?> AskAsync(bool cluster = false)
    {
        try
        {
            return await _http.GetFromJsonAsync<PrimaryStatus>(cluster ? WithCluster : Address);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The status as the primary wrote it, with that of the cluster; null where nobody answers.</summary>
    public async Task<string?> TextAsync()
    {
        try
        {
            return await _http.GetStringAsync(WithCluster);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}
