using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansAdapter.EngineIO;

/// <summary>Reads the query of a request without making the framework's collection of it, which a WebSocket would keep for its life.</summary>
internal static class EngineQuery
{
    /// <summary>A parameter; empty where there is none, and with a comma between them where there are several.</summary>
    public static string Read(HttpContext context, string name)
    {
        var value = "";
        foreach (var pair in new QueryStringEnumerable(context.Request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual(name))
            {
                value = value.Length == 0 ? pair.DecodeValue().ToString() : $"{value},{pair.DecodeValue()}";
            }
        }
        return value;
    }

    /// <summary>The server that a request's session names; false where it names none. Allocates nothing.</summary>
    public static bool TryReadOwner(HttpContext context, out ServerId owner)
    {
        foreach (var pair in new QueryStringEnumerable(context.Request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual("sid"))
            {
                var isId = SocketId.TryParse(pair.DecodeValue().Span, out var id);
                owner = id.Server;
                return isId;
            }
        }
        owner = default;
        return false;
    }
}
