using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Admin;

/// <summary>
/// Serves the built page of Socket.IO's admin UI from a folder, to those who may use it. What the page would load from other sites it does not: its icons come
/// from the same folder, where they are (<c>mdi</c> with <c>css</c> and <c>fonts</c> of the npm package <c>@mdi/font</c>), and a font of the system's.
/// </summary>
internal static partial class AdminPageFiles
{
    private const string Icons = "mdi/css/materialdesignicons.min.css";

    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Extensions = [".html", ".js", ".css", ".svg", ".png", ".ico", ".woff2"];

    /// <summary>Where the page is looked for, if nothing else was said: beside the program.</summary>
    public static string DefaultFolder { get; } = Path.Combine(AppContext.BaseDirectory, "clients", "admin-ui");

    /// <summary>Maps what there is; false where there is no page.</summary>
    public static bool Map(IEndpointRouteBuilder group, string? folder, AdminGate gate)
    {
        folder ??= DefaultFolder;
        var index = Path.Combine(folder, "index.html");
        if (!File.Exists(index))
        {
            return false;
        }
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
            if (name != "index.html" && Extensions.Contains(Path.GetExtension(path)))
            {
                var file = new ClientFile(path);
                Map(group, "/" + name, gate, file.ServeAsync);
            }
        }
        var page = new ClientFile(index, Encoding.UTF8.GetBytes(WithoutOthers(File.ReadAllText(index), File.Exists(Path.Combine(folder, Icons)))));
        Map(group, "/", gate, context =>
        {
            // What the page loads has relative addresses.
            if (context.Request.Path.Value is { } path && !path.EndsWith('/'))
            {
                context.Response.Redirect(context.Request.PathBase + context.Request.Path + "/");
                return Task.CompletedTask;
            }
            return page.ServeAsync(context);
        });
        return true;
    }

    /// <summary>The page without what it loads from other sites.</summary>
    internal static string WithoutOthers(string page, bool hasIcons) =>
        OthersSheet().Replace(page, match => hasIcons && match.Value.Contains("materialdesignicons", StringComparison.Ordinal)
            ? $"<link rel=\"stylesheet\" href=\"{Icons}\">"
            : "");

    private static void Map(IEndpointRouteBuilder group, string pattern, AdminGate gate, RequestDelegate serve) =>
        group.MapMethods(pattern, Methods, (RequestDelegate)(context =>
        {
            if (!gate.Allows(context.Connection.RemoteIpAddress) || !gate.AllowsName(LocalHost.Is(context.Request.Host)))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            return serve(context);
        })).WithDisplayName($"Socket.IO admin UI {pattern}");

    [GeneratedRegex("<link rel=\"stylesheet\" href=\"https?://[^\"]*\">", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OthersSheet();
}
