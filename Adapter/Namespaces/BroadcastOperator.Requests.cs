using System.Text.Json;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter;

/// <content>Seeing and steering the sockets that match, on all servers.</content>
public sealed partial class BroadcastOperator
{
    /// <summary>How much longer the asker waits than the clients have, for the servers' word on who was silent.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private TimeSpan Wait => _timeout ?? Owner.Server.Options.RequestsTimeout;

    /// <exception cref="RequestTimeoutException">A server that is alive did not answer in time.</exception>
    /// <exception cref="RequestFailedException">A server could not answer.</exception>
    internal static async Task<T> WholeAsync<T>(Task<Partial<T>> result)
    {
        var (value, missing, _) = await result.ConfigureAwait(false);
        RequestResult.ThrowIfAny(missing);
        return value;
    }

    /// <exception cref="AckTimeoutException{T}">Somebody was silent.</exception>
    internal static async Task<IReadOnlyList<AckResult<T>>> WholeAsync<T>(Task<PartialAcks<T>> result)
    {
        var acks = await result.ConfigureAwait(false);
        return acks.IsWhole ? acks.Answers : throw new AckTimeoutException<T>(acks);
    }

    /// <exception cref="RequestTimeoutException">A server that is alive did not confirm it in time.</exception>
    internal static async Task WholeAsync(Task<IReadOnlyList<ServerFailure>> result) => RequestResult.ThrowIfAny(await result.ConfigureAwait(false));

    internal async Task<Partial<IReadOnlyCollection<SocketId>>> SocketIdsCoreAsync(CancellationToken cancellationToken)
    {
        var result = await AskAsync(RequestKind.SocketIds, default, cancellationToken).ConfigureAwait(false);
        HashSet<SocketId> ids = [];
        foreach (var answer in result.Good)
        {
            SocketIdList.Decode(answer.Body.Span, ids);
        }
        return result.With<IReadOnlyCollection<SocketId>>(ids);
    }

    internal async Task<Partial<long>> CountSocketsCoreAsync(CancellationToken cancellationToken)
    {
        var result = await AskAsync(RequestKind.CountSockets, default, cancellationToken).ConfigureAwait(false);
        return result.With(result.Good.Sum(answer => SocketCount.Decode(answer.Body)));
    }

    internal async Task<Partial<IReadOnlySet<string>>> RoomsCoreAsync(CancellationToken cancellationToken)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        string? behind = null;
        while (true)
        {
            var result = await AskAsync(RequestKind.Rooms, SocketRooms.Body(behind), cancellationToken).ConfigureAwait(false);
            string? next = null;
            foreach (var answer in result.Good)
            {
                var (page, hasMore) = SocketRooms.Decode(answer.Body);
                names.UnionWith(page);
                if (hasMore && (next is null || string.CompareOrdinal(page[^1], next) < 0))
                {
                    next = page[^1];
                }
            }
            if (next is null || result.Failures.Count > 0)
            {
                return result.With<IReadOnlySet<string>>(names);
            }
            behind = next;
        }
    }

    internal async Task<Partial<IReadOnlyList<RemoteSocket>>> FetchSocketsCoreAsync(bool secrets, CancellationToken cancellationToken)
    {
        List<RemoteSocket> sockets = [];
        HashSet<SocketId> known = [];
        List<ServerFailure> failures = [];
        HashSet<ServerId> gone = [];
        FetchPages pages = new();
        var target = Target;
        while (true)
        {
            var result = await AskAsync(RequestKind.FetchSockets, FetchSockets.Body(secrets), cancellationToken, target).ConfigureAwait(false);
            foreach (var answer in result.Good)
            {
                var (page, more) = FetchSockets.Decode(Owner, answer);
                sockets.AddRange(page.Where(socket => known.Add(socket.Id)));
                pages.Add(answer.Server, page.Count, more);
            }
            foreach (var failure in result.Failures)
            {
                failures.Add(failure);
                pages.Remove(failure.Server);
            }
            gone.UnionWith(result.Gone);
            foreach (var server in result.Gone)
            {
                pages.Remove(server);
            }
            if (pages.Next() is not { Length: > 0 } next)
            {
                return new Partial<IReadOnlyList<RemoteSocket>>(sockets, failures, [.. gone]);
            }
            // Who left meanwhile is not in the next page; nobody is twice.
            target = new BroadcastTarget([], next);
        }
    }

    internal Task<IReadOnlyList<ServerFailure>> SocketsJoinCore(ReadOnlySpan<string> rooms)
    {
        foreach (var room in rooms)
        {
            Owner.CheckIsNoSocket(room);
        }
        return SteerAsync(Operation.SocketsJoin(Target, Named(rooms)));
    }

    internal Task<IReadOnlyList<ServerFailure>> SocketsLeaveCore(ReadOnlySpan<string> rooms) => SteerAsync(Operation.SocketsLeave(Target, Named(rooms)));

    internal Task<IReadOnlyList<ServerFailure>> DisconnectSocketsCore(bool close) =>
        SteerAsync(Operation.DisconnectSockets(Target, new byte[] { close ? (byte)1 : (byte)0 }));

    internal Task<PartialAcks<T>> EmitWithAckCore<T>(string @event, ReadOnlySpan<object?> arguments) => EmitWithAckAsync<T>(Encode(@event, arguments));

    private async Task<PartialAcks<T>> EmitWithAckAsync<T>(byte[] packet)
    {
        var wait = Wait;
        var result = await Owner.RequestAsync(
            Target, RequestKind.EmitWithAck, AckGroups.Body(wait, packet), wait + Grace, CancellationToken.None, _local).ConfigureAwait(false);
        List<AckResult<T>> answers = [];
        List<SocketId> silent = [];
        foreach (var server in result.Known().Good)
        {
            var (come, missing) = AckAnswers.Decode(server.Body);
            silent.AddRange(missing);
            answers.AddRange(come.Select(answer => Result<T>(answer.Socket, server.Server, answer.Answer)));
        }
        return new PartialAcks<T>(answers, silent, result.Failures, result.Gone);
    }

    /// <summary>The first argument of an answer; bytes are taken from its attachment.</summary>
    private AckResult<T> Result<T>(SocketId socket, ServerId server, ClientAnswer answer)
    {
        if (answer.Error is not null)
        {
            return new AckResult<T>(socket, server, default, answer.Error);
        }
        try
        {
            if (typeof(T) == typeof(byte[]) && answer.Attachments.Count > 0)
            {
                return new AckResult<T>(socket, server, (T)(object)answer.Attachments[0].ToArray(), null);
            }
            if (JsonLimits.WhatIsWrong(answer.Arguments.Span) is { } wrong)
            {
                return new AckResult<T>(socket, server, default, $"The answer is left out: {wrong}.");
            }
            using var document = JsonDocument.Parse(answer.Arguments);
            var value = document.RootElement.GetArrayLength() == 0
                ? default
                : document.RootElement[0].Deserialize<T>(Owner.Server.Options.JsonSerializerOptions);
            return new AckResult<T>(socket, server, value, null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NotSupportedException or FormatException)
        {
            return new AckResult<T>(socket, server, default, $"The answer is no {typeof(T).Name}: {exception.Message}");
        }
    }

    private async Task<RequestResult> AskAsync(
        RequestKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, BroadcastTarget? target = null) =>
        (await Owner.RequestAsync(target ?? Target, kind, body, Wait, cancellationToken, _local).ConfigureAwait(false)).Known();

    /// <summary>
    /// The operation, and behind it in the same order a request that goes to the same servers: when they have answered, they have done it.
    /// </summary>
    private async Task<IReadOnlyList<ServerFailure>> SteerAsync(Operation operation)
    {
        if (_local)
        {
            await Owner.SteerLocallyAsync(operation).ConfigureAwait(false);
            return [];
        }
        var done = await Owner.RequestAsync(Target, RequestKind.Barrier, default, Wait, CancellationToken.None, before: operation).ConfigureAwait(false);
        return done.Known().Failures;
    }

    private static Room[] Named(ReadOnlySpan<string> rooms)
    {
        var named = new Room[rooms.Length];
        for (var i = 0; i < rooms.Length; i++)
        {
            named[i] = Room.Named(rooms[i]);
        }
        return named;
    }

    private byte[] Encode(string @event, ReadOnlySpan<object?> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(@event);
        var json = BinaryArguments.Write(arguments, Owner.Server.Options.JsonSerializerOptions, out var attachments);
        return PacketCodec.Encode(@event, json, attachments, []);
    }
}
