using System.Text.Json;
using OrleansAdapter.SocketIO;

namespace Desk;

/// <summary>Who is who, by the token that they show. In reality a database knows.</summary>
internal static class People
{
    private static readonly Dictionary<string, (string Name, string Role)> ByToken = new(StringComparer.Ordinal)
    {
        ["token-ada"] = ("Ada", "customer"),
        ["token-ben"] = ("Ben", "customer"),
        ["token-cid"] = ("Cid", "agent"),
        ["token-dot"] = ("Dot", "agent"),
        ["token-eve"] = ("Eve", "supervisor"),
    };

    public static Task Authenticate(SocketIOSocket socket)
    {
        var token = socket.Handshake.Auth.TryGetProperty("token", out var sent) && sent.ValueKind == JsonValueKind.String ? sent.GetString()! : "";
        if (!ByToken.TryGetValue(token, out var person))
        {
            throw new ConnectErrorException("who are you?");
        }
        (socket.Data["name"], socket.Data["role"]) = person;
        return Task.CompletedTask;
    }
}
