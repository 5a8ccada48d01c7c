namespace OrleansAdapter.WebWorker;

/// <summary>Tells the page whether the official clients are there: the build takes them from npm, where that is (WebWorker.csproj).</summary>
internal static class PageClients
{
    public static void Map(WebApplication app)
    {
        var areThere = File.Exists(Path.Combine(AppContext.BaseDirectory, "clients", "socket.io", "socket.io.esm.min.js"))
            && File.Exists(Path.Combine(app.Environment.WebRootPath, "clients", "signalr.min.js"));
        app.MapGet("/clients", () => new Clients(areThere));
    }

    internal sealed record Clients(bool Official);
}
