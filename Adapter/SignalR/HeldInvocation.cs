using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SignalR;

/// <summary>An invocation that a client of this server has not answered, and who waits for it.</summary>
internal abstract class HeldInvocation(HubSocket socket)
{
    /// <summary>The client's connection.</summary>
    public HubSocket Socket { get; } = socket;

    /// <summary>How the client's words are to be read; <see cref="RawResult"/> leaves them as they are.</summary>
    public abstract Type ResultType { get; }

    /// <summary>The client has answered.</summary>
    public abstract void Complete(CompletionMessage completion);

    /// <summary>The client cannot be asked.</summary>
    public abstract void Fail(string error);

    /// <summary>The connection ended before its client answered.</summary>
    public abstract void Disconnected();

    /// <summary>Who waited does so no more: nobody is told.</summary>
    public abstract void GivenUp();
}

/// <summary>A server waits: the result travels on as the client said it.</summary>
internal sealed class HeldRequest(HubSocket socket, RequestContext request) : HeldInvocation(socket)
{
    public override Type ResultType => typeof(RawResult);

    /// <summary>The one who waits is on this server, and has the result already.</summary>
    public void Delivered() => request.Answer(ClientResult.Of(ClientResult.Kind.Delivered));

    public override void Complete(CompletionMessage completion) => request.Answer(ClientResult.Of(Socket.Protocol, completion));

    public override void Fail(string error) => request.Fail(error);

    public override void Disconnected() => request.Answer(ClientResult.Of(ClientResult.Kind.Disconnected));

    public override void GivenUp() => request.End();
}

/// <summary>A broadcast with acknowledgement waits: the result is the one argument of the acknowledgement, as JSON.</summary>
internal sealed class HeldAck(HubSocket socket, ClientAck ack, JsonSerializerOptions json) : HeldInvocation(socket)
{
    public override Type ResultType => Socket.Protocol is JsonHubProtocol ? typeof(RawResult) : typeof(object);

    public override void Complete(CompletionMessage completion)
    {
        if (completion.Error is { } error)
        {
            ack.Fail(error);
            return;
        }
        try
        {
            ack.Answer(Arguments(completion), []);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            ack.Fail($"The client's answer cannot be read: {exception.Message}");
        }
    }

    public override void Fail(string error) => ack.Fail(error);

    public override void Disconnected()
    {
        // The namespace takes its socket out, and the acknowledgement ends with it.
    }

    public override void GivenUp()
    {
        // An acknowledgement has no activity of its own, and has ended for its group already.
    }

    private byte[] Arguments(CompletionMessage completion) => completion switch
    {
        { HasResult: false } => "[]"u8.ToArray(),
        { Result: RawResult raw } => [(byte)'[', .. raw.RawSerializedData.ToArray(), (byte)']'],
        _ => JsonSerializer.SerializeToUtf8Bytes(new[] { completion.Result }, json),
    };
}
