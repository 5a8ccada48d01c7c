using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>A pod, as Kubernetes tells of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address; null before it has one.</param>
/// <param name="HasEnded">Whether all of its containers have ended for good.</param>
internal sealed record Pod(string Name, string? Address, bool HasEnded)
{
    public static Pod Of(JsonElement pod)
    {
        var status = pod.TryGetProperty("status", out var told) ? told : default;
        return new Pod(
            pod.GetProperty("metadata").GetProperty("name").GetString()!,
            Text(status, "podIP"),
            Text(status, "phase") is "Failed" or "Succeeded");
    }

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>All pods of a cluster, and the state of Kubernetes in which there were these.</summary>
internal sealed record PodList(IReadOnlyList<Pod> Pods, string Version);

/// <summary>What has become of a pod.</summary>
/// <param name="Pod">The pod as it is, or was.</param>
/// <param name="IsDeleted">Whether there is none any more.</param>
internal readonly record struct PodChange(Pod Pod, bool IsDeleted);

/// <summary>What is asked of Kubernetes: which pods with some labels there are in one namespace, and what becomes of them.</summary>
/// <param name="http">Reaches the API server.</param>
/// <param name="token">Reads what proves who this is, again for each request, as it is renewed every hour; null for nothing.</param>
/// <param name="namespace">The namespace of the pods.</param>
/// <param name="selector">Their labels.</param>
internal sealed class PodApi(HttpClient http, Func<string>? token, string @namespace, string selector) : IDisposable
{
    private const string Account = "/var/run/secrets/kubernetes.io/serviceaccount";

    private static readonly string[] AccountFiles = ["token", "ca.crt"];

    /// <summary>An answer that is longer is none: a pod takes about 10 KB.</summary>
    private const int LongestList = 256 << 20;

    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(10);

    /// <summary>After this time the server ends a watch, and another one begins: so one that hangs does not stay.</summary>
    private const int WatchSeconds = 240;

    /// <summary>The labels of all pods of a cluster, as Orleans has them.</summary>
    public static string SelectorOf(string serviceId, string clusterId) => $"orleans/serviceId={serviceId},orleans/clusterId={clusterId}";

    /// <summary>Where a pod reaches the API server.</summary>
    /// <exception cref="OptionsException">This is no pod, or has no account there.</exception>
    public static Uri FindServer()
    {
        var (host, text) = (Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"), Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"));
        if (host is not { Length: > 0 } || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new OptionsException(
                "--kubernetes is for a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which Kubernetes sets there, are missing");
        }
        if (AccountFiles.FirstOrDefault(file => !File.Exists($"{Account}/{file}")) is { } missing)
        {
            throw new OptionsException(
                $"--kubernetes needs the pod's service account, and {Account}/{missing} is not there: set serviceAccountName, and "
                + "automountServiceAccountToken to true (see deploy/kubernetes.yaml)");
        }
        return new UriBuilder(Uri.UriSchemeHttps, host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host, port).Uri;
    }

    /// <summary>As a pod reaches the API server, by the account that is mounted into it.</summary>
    /// <exception cref="OptionsException">This is no pod, or has no account there.</exception>
    public static PodApi InCluster(string @namespace, string selector)
    {
        var server = FindServer();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile($"{Account}/ca.crt");
        return new PodApi(Client(server, authorities), () => File.ReadAllText($"{Account}/token").Trim(), @namespace, selector);
    }

    /// <summary>A client that trusts these authorities alone.</summary>
    public static HttpClient Client(Uri address, X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            SslOptions = { CertificateChainPolicy = policy },
        })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LongestList,
            DefaultRequestVersion = HttpVersion.Version20,
        };
    }

    /// <summary>Lists them. Not from the server's cache, which may lack the newest: who is not in the list is taken for dead.</summary>
    /// <exception cref="HttpRequestException">It cannot be done.</exception>
    public async Task<PodList> ListAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ListLimit);
        try
        {
            using var response = await SendAsync("", HttpCompletionOption.ResponseContentRead, limit.Token);
            await using var content = await response.Content.ReadAsStreamAsync(limit.Token);
            using var list = await JsonDocument.ParseAsync(content, cancellationToken: limit.Token);
            return new PodList(
                [.. list.RootElement.GetProperty("items").EnumerateArray().Select(Pod.Of)],
                list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"The API server has not answered for {ListLimit.TotalSeconds:0} s.", exception);
        }
    }

    /// <summary>Tells what becomes of them from a list on; ends when the server ends it, or says that so old a list is of no use.</summary>
    /// <exception cref="HttpRequestException">It cannot be done.</exception>
    public async IAsyncEnumerable<PodChange> WatchAsync(string version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            $"&watch=true&timeoutSeconds={WatchSeconds}&resourceVersion={Uri.EscapeDataString(version)}",
            HttpCompletionOption.ResponseHeadersRead,
            cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            using var change = JsonDocument.Parse(line);
            var type = change.RootElement.GetProperty("type").GetString();
            if (type is not ("ADDED" or "MODIFIED" or "DELETED"))
            {
                yield break; // an error: the list is too old
            }
            yield return new PodChange(Pod.Of(change.RootElement.GetProperty("object")), type == "DELETED");
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string more, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"/api/v1/namespaces/{Uri.EscapeDataString(@namespace)}/pods?labelSelector={Uri.EscapeDataString(selector)}{more}");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token());
        }
        var response = await http.SendAsync(request, completion, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            using (response)
            {
                throw new HttpRequestException(
                    $"The API server answers {(int)response.StatusCode}: this pod's service account needs a Role that may get, list and watch pods.",
                    inner: null,
                    response.StatusCode);
            }
        }
        return response;
    }
}
