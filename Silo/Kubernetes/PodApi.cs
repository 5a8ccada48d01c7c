using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>The uids of all pods of a cluster, and the state of Kubernetes in which there were these.</summary>
internal sealed record PodList(IReadOnlySet<string> Uids, string Version);

/// <summary>What is asked of Kubernetes: which pods with some labels there are in one namespace, and which of them are gone.</summary>
/// <param name="http">Reaches the API server.</param>
/// <param name="token">Reads what proves who this is, again for each request, as it is renewed every hour; null for nothing.</param>
/// <param name="namespace">The namespace of the pods.</param>
/// <param name="selector">Their labels.</param>
/// <param name="time">Bounds what is waited for.</param>
internal sealed class PodApi(HttpClient http, Func<string>? token, string @namespace, string selector, TimeProvider time) : IDisposable
{
    /// <summary>The certificate of the authority of this Kubernetes cluster.</summary>
    public const string AuthorityFile = $"{Account}/ca.crt";

    private const string Account = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string TokenFile = $"{Account}/token";

    private static readonly string[] AccountFiles = [TokenFile, AuthorityFile];

    /// <summary>An answer that is longer is none: a pod takes about 10 KB.</summary>
    private const int LongestList = 256 << 20;

    /// <summary>After this time the server is to end a watch.</summary>
    private const int WatchSeconds = 240;

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    /// <summary>After this time a watch is ended here: the server, or what lies between, may be gone without a sign.</summary>
    private static readonly TimeSpan WatchLimit = TimeSpan.FromSeconds(WatchSeconds + 30);

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
        if (AccountFiles.FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            throw new OptionsException(
                $"--kubernetes needs the pod's service account, and {missing} is not there: set serviceAccountName, and "
                + "automountServiceAccountToken to true (see deploy/kubernetes.yaml)");
        }
        return new UriBuilder(Uri.UriSchemeHttps, host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host, port).Uri;
    }

    /// <summary>As a pod reaches the API server, by the account that is mounted into it.</summary>
    /// <exception cref="OptionsException">This is no pod, or has no account there.</exception>
    public static PodApi InCluster(string @namespace, string selector, TimeProvider time)
    {
        var server = FindServer();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(AuthorityFile);
        return new PodApi(Client(server, authorities), () => File.ReadAllText(TokenFile).Trim(), @namespace, selector, time);
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

    /// <summary>Lists them; not from the server's cache, which may lack the newest.</summary>
    /// <exception cref="HttpRequestException">It cannot be done.</exception>
    public async Task<PodList> ListAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(Selected, HttpCompletionOption.ResponseContentRead, cancellationToken);
        using var list = await ReadAsync(Accepted(response), cancellationToken);
        return new PodList(
            list.RootElement.GetProperty("items").EnumerateArray().Select(UidOf).ToHashSet(StringComparer.Ordinal),
            list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!);
    }

    /// <summary>
    /// Tells the uids of pods that are deleted, or have lost the labels, from a list on; ends when the server ends it, or says that so old a list is of no use.
    /// </summary>
    /// <param name="version">That of the list.</param>
    /// <param name="begun">Called when the server has accepted it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HttpRequestException">It cannot be done, or does not end.</exception>
    public async IAsyncEnumerable<string> WatchAsync(string version, Action begun, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            $"{Selected}&watch=true&timeoutSeconds={WatchSeconds}&resourceVersion={Uri.EscapeDataString(version)}",
            HttpCompletionOption.ResponseHeadersRead,
            cancellationToken);
        if (response.StatusCode == HttpStatusCode.Gone)
        {
            yield break; // the list is too old
        }
        Accepted(response);
        begun();
        using var late = new CancellationTokenSource(WatchLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await LineAsync(reader, limit.Token, cancellationToken) is { Length: > 0 } line)
        {
            using var change = JsonDocument.Parse(line);
            var type = change.RootElement.GetProperty("type").GetString();
            if (type == "DELETED")
            {
                yield return UidOf(change.RootElement.GetProperty("object"));
            }
            else if (type is not ("ADDED" or "MODIFIED"))
            {
                yield break; // an error: the list is too old
            }
        }
    }

    /// <summary>Whether there is no such pod any more: none of its name, or another one.</summary>
    /// <exception cref="HttpRequestException">It cannot be told.</exception>
    public async Task<bool> IsGoneAsync(PodId pod, CancellationToken cancellationToken)
    {
        using var response = await SendAsync($"/{Uri.EscapeDataString(pod.Name)}", HttpCompletionOption.ResponseContentRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            using var found = await ReadAsync(Accepted(response), cancellationToken);
            return UidOf(found.RootElement) != pod.Uid;
        }

        // Only the API server itself knows that; something in between may also have found nothing.
        using var status = await ReadAsync(response, cancellationToken);
        return status.RootElement.GetProperty("reason").GetString() == "NotFound"
            && status.RootElement.GetProperty("details").GetProperty("name").GetString() == pod.Name;
    }

    public void Dispose() => http.Dispose();

    private string Selected => $"?labelSelector={Uri.EscapeDataString(selector)}";

    private static string UidOf(JsonElement pod) => pod.GetProperty("metadata").GetProperty("uid").GetString() is { Length: > 0 } uid
        ? uid
        : throw new HttpRequestException("The API server tells of a pod without a uid.");

    private static async Task<JsonDocument> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonDocument.ParseAsync(content, cancellationToken: cancellationToken);
    }

    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(limit);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(
                $"The API server was to end a watch of pods after {WatchSeconds} s, and it has not ended after {WatchLimit.TotalSeconds:0} s.", exception);
        }
    }

    private static HttpResponseMessage Accepted(HttpResponseMessage response) => response.IsSuccessStatusCode
        ? response
        : throw new HttpRequestException(
            $"The API server answers {(int)response.StatusCode}" + (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                ? ": this pod's service account needs a Role that may get, list and watch pods."
                : "."),
            inner: null,
            response.StatusCode);

    /// <summary>Sends a request; its answer has to begin in time or, where it is read to the end, to be there.</summary>
    private async Task<HttpResponseMessage> SendAsync(string what, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/namespaces/{Uri.EscapeDataString(@namespace)}/pods{what}");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token());
        }
        using var late = new CancellationTokenSource(AnswerLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await http.SendAsync(request, completion, limit.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"The API server has not answered for {AnswerLimit.TotalSeconds:0} s.", exception);
        }
    }
}
