namespace OrleansAdapter.WebWorker.Page;

/// <summary>
/// The page, which loads nothing from elsewhere, and whether the official clients are there: the build takes them from npm, where that is (WebWorker.csproj).
/// </summary>
internal static class PageFiles
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(WebApplication app)
    {
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = file =>
            {
                var headers = file.Context.Response.Headers;
                headers.ContentSecurityPolicy = Policy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                headers.CacheControl = "no-cache";
            },
        });
        var areThere = File.Exists(Path.Combine(AppContext.BaseDirectory, "clients", "socket.io", "socket.io.esm.min.js"))
            && File.Exists(Path.Combine(app.Environment.WebRootPath, "clients", "signalr.min.js"));
        app.MapGet("/clients", () => new Clients(areThere));
    }

    internal sealed record Clients(bool Official);
}
