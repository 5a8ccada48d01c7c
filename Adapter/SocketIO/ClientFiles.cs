using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansAdapter.SocketIO;

/// <summary>Serves the browser's clients from a folder: the files that the npm package has, and no others.</summary>
internal static class ClientFiles
{
    private static readonly string[] Names = ["socket.io", "socket.io.min", "socket.io.esm.min", "socket.io.msgpack.min"];

    public static void Map(IEndpointRouteBuilder endpoints, string path, string? folder)
    {
        if (folder is null)
        {
            return;
        }
        foreach (var name in Names.SelectMany(name => new[] { name + ".js", name + ".js.map" }))
        {
            var file = Path.GetFullPath(Path.Combine(folder, name));
            if (File.Exists(file))
            {
                endpoints.MapGet($"{path}/{name}", () => Serve(file)).AllowAnonymous().WithDisplayName($"Socket.IO client {name}");
            }
        }
    }

    private static IResult Serve(string file)
    {
        var type = file.EndsWith(".map", StringComparison.Ordinal) ? "application/json; charset=utf-8" : "application/javascript; charset=utf-8";
        return Results.File(file, type, lastModified: new DateTimeOffset(File.GetLastWriteTimeUtc(file)), enableRangeProcessing: true);
    }
}
