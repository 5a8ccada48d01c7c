using System.Text.Json;
using OrleansAdapter.Cluster;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Broadcasting;

/// <content>Seeing and steering the sockets that match, on all servers.</content>
public sealed partial class BroadcastOperator
{
    /// <summary>How much longer the asker waits than the clients have, for the servers' word on who was silent.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private TimeSpan Wait => _timeout ?? Owner.Server.Options.RequestsTimeout;

    internal async Task<IReadOnlyCollection<SocketId>> SocketIdsCoreAsync(CancellationToken cancellationToken)
    {
        HashSet<SocketId> ids = [];
        foreach (var answer in (await AskAsync(RequestKind.SocketIds, default, cancellationToken).ConfigureAwait(false)).Good)
        {
            SocketIdList.Decode(answer.Body.Span, ids);
        }
        return ids;
    }

    internal async Task<long> CountSocketsCoreAsync(CancellationToken cancellationToken) =>
        (await AskAsync(RequestKind.CountSockets, default, cancellationToken).ConfigureAwait(false)).Good.Sum(answer => SocketCount.Decode(answer.Body));

    internal async Task<IReadOnlySet<string>> RoomsCoreAsync(CancellationToken cancellationToken) =>
        (await AskAsync(RequestKind.Rooms, default, cancellationToken).ConfigureAwait(false)).Good.SelectMany(answer => SocketRooms.Decode(answer.Body)).ToHashSet(StringComparer.Ordinal);

    internal async Task<RemoteSocketList> FetchSocketsCoreAsync(bool secrets, CancellationToken cancellationToken)
    {
        var result = await AskAsync(RequestKind.FetchSockets, FetchSockets.Body(secrets), cancellationToken).ConfigureAwait(false);
        return new RemoteSocketList([.. result.Good.SelectMany(answer => FetchSockets.Decode(Owner, answer))], result.Failed);
    }

    internal Task SocketsJoinCore(ReadOnlySpan<string> rooms) => SteerAsync(Operation.SocketsJoin(Target, Named(rooms)));

    internal Task SocketsLeaveCore(ReadOnlySpan<string> rooms) => SteerAsync(Operation.SocketsLeave(Target, Named(rooms)));

    internal Task DisconnectSocketsCore(bool close) => SteerAsync(Operation.DisconnectSockets(Target, new byte[] { close ? (byte)1 : (byte)0 }));

    internal Task<IReadOnlyList<AckResult<T>>> EmitWithAckCore<T>(string @event, ReadOnlySpan<object?> arguments) => EmitWithAckAsync<T>(Encode(@event, arguments));

    private async Task<IReadOnlyList<AckResult<T>>> EmitWithAckAsync<T>(byte[] packet)
    {
        var wait = Wait;
        var result = await Owner.RequestAsync(Target, RequestKind.EmitWithAck, AckGroups.Body(wait, packet), wait + Grace, CancellationToken.None, _local).ConfigureAwait(false);
        List<AckResult<T>> answers = [];
        List<SocketId> silent = [];
        foreach (var server in result.Good)
        {
            var (come, missing) = AckAnswers.Decode(server.Body);
            silent.AddRange(missing);
            answers.AddRange(come.Select(answer => Result<T>(answer.Socket, server.Server, answer.Answer)));
        }
        var failed = result.Failed;
        return silent.Count == 0 && failed.Count == 0 ? answers : throw new AckTimeoutException<T>(answers, silent, failed);
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
            using var document = JsonDocument.Parse(answer.Arguments);
            var value = document.RootElement.GetArrayLength() == 0 ? default : document.RootElement[0].Deserialize<T>(Owner.Server.Options.JsonSerializerOptions);
            return new AckResult<T>(socket, server, value, null);
        }
        catch (JsonException exception)
        {
            return new AckResult<T>(socket, server, default, $"The answer is no {typeof(T).Name}: {exception.Message}");
        }
    }

    private async Task<RequestResult> AskAsync(RequestKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var result = await Owner.RequestAsync(Target, kind, body, Wait, cancellationToken, _local).ConfigureAwait(false);
        return _partial ? result : result.Whole();
    }

    /// <summary>
    /// The operation, and behind it in the same order a request that goes to the same servers: when they have answered, they have done it.
    /// </summary>
    private async Task SteerAsync(Operation operation)
    {
        if (_local)
        {
            await Owner.SteerLocallyAsync(operation).ConfigureAwait(false);
            return;
        }
        var done = await Owner.RequestAsync(Target, RequestKind.Barrier, default, Wait, CancellationToken.None, before: operation).ConfigureAwait(false);
        if (!_partial)
        {
            done.Whole();
        }
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
