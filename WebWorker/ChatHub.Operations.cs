using System.Text.Json;
using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.WebWorker;

/// <content>The cluster's <see cref="Operations"/> as methods of the hub.</content>
internal sealed partial class ChatHub
{
    /// <summary>Keeps something with the caller's connection, which <see cref="Fetch"/> shows.</summary>
    public void Note(JsonElement value) => Context.SocketData()["note"] = value;

    public Task<Operations.Socket[]> Fetch(JsonElement room) => operations.FetchAsync(room, Context.ConnectionAborted);

    public Task<long> Count(JsonElement room) => operations.CountAsync(room, Context.ConnectionAborted);

    public Task<string[]> Rooms() => operations.RoomsAsync(Context.ConnectionAborted);

    public Task Move(JsonElement from, JsonElement to) => operations.MoveAsync(from, to);

    public Task Kick(JsonElement room) => operations.KickAsync(room, Context.ConnectionId);

    public Task<Operations.Answers> Ask(JsonElement room, JsonElement question) => operations.AskAsync(room, question, Context.ConnectionId);

    public Task<Operations.Server[]> Servers() => operations.ServersAsync(Context.ConnectionAborted);

    public Task<Operations.ServerAnswer[]> Reports() => operations.ReportsAsync();
}
