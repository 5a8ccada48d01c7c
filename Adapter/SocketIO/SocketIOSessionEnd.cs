using System.Text.Json;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO;

/// <summary>A session that has ended while its client was away: nobody comes back to it any more.</summary>
/// <param name="Id">The id of the socket. Its client, should it come, gets another one.</param>
/// <param name="UserId">Whose it was; null where nobody was logged in.</param>
/// <param name="Data">What was kept with the socket.</param>
/// <param name="Reason">
/// Why: <c>Expired</c> (it stayed away too long), <c>Disconnected</c> (it was made to leave meanwhile), <c>WindowPassed</c> or <c>TooMuchMissed</c> (what it
/// missed cannot be given any more), <c>TooManyClaims</c>, or <c>TooMany</c> (too many clients were away). The same as in the metric
/// <c>orleansadapter.directory.sessions.ended</c>.
/// </param>
public sealed record SocketIOSessionEnd(SocketId Id, string? UserId, IReadOnlyDictionary<string, JsonElement> Data, string Reason)
{
    internal static SocketIOSessionEnd Of(EndedSession ended, JsonSerializerOptions options) => new(
        ended.Socket,
        ended.User.Length > 0 ? ended.User : null,
        SocketSession.Read(ended.Data, options),
        ended.Reason.ToString());
}
