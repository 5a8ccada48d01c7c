using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace OrleansAdapter.SocketIO;

/// <summary>Serves the browser's clients from a folder: the files that the npm package has, and no others.</summary>
internal static class ClientFiles
{
    private static readonly string[] Names = ["socket.io", "socket.io.min", "socket.io.esm.min", "socket.io.msgpack.min"];
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Where they are looked for, if nothing else was said: beside the program.</summary>
    public static string DefaultFolder { get; } = Path.Combine(AppContext.BaseDirectory, "clients", "socket.io");

    public static void Map(IEndpointRouteBuilder endpoints, string path, SocketIOOptions options)
    {
        var folder = options.ClientFiles ?? DefaultFolder;
        if (!options.ServeClient)
        {
            return;
        }
        foreach (var name in Names.SelectMany(name => new[] { name + ".js", name + ".js.map" }))
        {
            if (Path.Combine(folder, name) is var place && !File.Exists(place))
            {
                continue;
            }
            var file = new ClientFile(place);
            var app = endpoints.CreateApplicationBuilder();
            if (options.Cors is { } cors)
            {
                app.UseCors(cors);
            }
            app.Run(file.ServeAsync);
            endpoints.MapMethods($"{path}/{name}", Methods, app.Build()).AllowAnonymous().WithDisplayName($"Socket.IO client {name}");
        }
    }
}

/// <summary>One of the browser's clients, or a file of a page. Read, and compressed in each way that a browser asked for, once.</summary>
internal sealed partial class ClientFile
{
    /// <summary>The best first.</summary>
    private static readonly (string Name, Func<Stream, Stream> Compress)[] Encodings =
    [
        ("br", static stream => new BrotliStream(stream, CompressionLevel.Optimal, leaveOpen: true)),
        ("gzip", static stream => new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true)),
        ("deflate", static stream => new ZLibStream(stream, CompressionLevel.Optimal, leaveOpen: true)),
    ];

    private readonly byte[] _content;
    private readonly string _type;
    private readonly EntityTagHeaderValue _tag;
    private readonly Lazy<byte[]>[] _compressed;

    /// <param name="path">The file, whose ending says what it is.</param>
    /// <param name="content">What is served in the place of the file's content; null for that.</param>
    public ClientFile(string path, byte[]? content = null)
    {
        _content = content ?? File.ReadAllBytes(path);
        _type = Path.GetExtension(path) switch
        {
            ".map" => "application/json; charset=utf-8",
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            ".png" => "image/png",
            ".ico" => "image/x-icon",
            ".woff2" => "font/woff2",
            _ => "application/javascript; charset=utf-8",
        };
        var banner = Banner().Match(Encoding.UTF8.GetString(_content, 0, Math.Min(_content.Length, 100)));
        _tag = new EntityTagHeaderValue(
            $"\"{(banner.Success ? banner.Groups["version"].Value : Convert.ToHexStringLower(SHA256.HashData(_content).AsSpan(..10)))}\"");
        _compressed = [.. Encodings.Select(encoding => new Lazy<byte[]>(() => Compress(encoding.Compress)))];
    }

    public Task ServeAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.CacheControl = "public, max-age=0";
        response.Headers.ETag = _tag.ToString();
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        var request = context.Request.GetTypedHeaders();
        // Weak or strong: a browser's cache, or a proxy that compresses, may have made it weak.
        if (request.IfNoneMatch.Any(tag => tag.Compare(_tag, useStrongComparison: false) || tag.Equals(EntityTagHeaderValue.Any)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        var body = _content;
        var best = Array.FindIndex(
            Encodings,
            encoding =>
                request.AcceptEncoding.Any(accepted => accepted.Value.Equals(encoding.Name, StringComparison.OrdinalIgnoreCase) && accepted.Quality is not 0));
        if (best >= 0)
        {
            response.Headers.ContentEncoding = Encodings[best].Name;
            body = _compressed[best].Value;
        }
        response.ContentType = _type;
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private byte[] Compress(Func<Stream, Stream> compress)
    {
        var compressed = new MemoryStream();
        using (var stream = compress(compressed))
        {
            stream.Write(_content);
        }
        return compressed.ToArray();
    }

    [GeneratedRegex(@"^/\*!\s*\*\s*Socket\.IO v(?<version>[0-9A-Za-z.-]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Banner();
}
