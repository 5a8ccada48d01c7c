using System.Diagnostics;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Namespaces;

/// <summary>A request that reached this server: whom it concerns here, and the way back. To be answered once, at any time, from any thread.</summary>
internal sealed class RequestContext(
    Namespace @namespace,
    Action<Answer> send,
    ServerId asker,
    ServerId self,
    long id,
    IReadOnlyList<LocalSocket> sockets,
    ReadOnlyMemory<byte> body,
    BroadcastFlags flags,
    Activity? activity)
{
    /// <summary>An answer is cut into parts of this size, so that it holds up nothing else on its way.</summary>
    private const int PartSize = 256 << 10;

    public Namespace Namespace { get; } = @namespace;

    /// <summary>The local sockets that match.</summary>
    public IReadOnlyList<LocalSocket> Sockets { get; } = sockets;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>How the request's target is to be treated.</summary>
    public BroadcastFlags Flags { get; } = flags;

    public ServerId Asker { get; } = asker;

    /// <summary>How large the answer may be, in bytes.</summary>
    public int Limit => Namespace.Server.Options.MaximumAnswerSize;

    public long Id { get; } = id;

    /// <summary>The activity of the answer; null where nobody traces it.</summary>
    public Activity? Activity { get; } = activity;

    public void Answer(ReadOnlyMemory<byte> answer)
    {
        if (answer.Length > Limit)
        {
            FailAsTooLarge(answer.Length);
            return;
        }
        End();
        var part = 0;
        do
        {
            var length = Math.Min(PartSize, answer.Length);
            send(new Answer(Asker, self, Id, part++, length == answer.Length, null, answer[..length]));
            answer = answer[length..];
        }
        while (answer.Length > 0);
    }

    /// <summary>Answers with an error of ours, which goes into the trace as well: nothing that an application said may be in it.</summary>
    public void Fail(string error)
    {
        Activity?.SetStatus(ActivityStatusCode.Error, error).SetTag("error.type", "_OTHER");
        End();
        SendError(error);
    }

    /// <summary>Answers with what was thrown.</summary>
    public void Fail(Exception exception)
    {
        End(exception);
        SendError($"{exception.GetType().Name}: {exception.Message}");
    }

    /// <summary>
    /// What was asked for is done, or nobody waits for it any more. To be called where no answer is sent. Of what was thrown only the type goes into the
    /// trace: the message may be the application's, and have secrets.
    /// </summary>
    public void End(Exception? exception = null)
    {
        if (exception is not null)
        {
            Activity?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name).SetTag("error.type", exception.GetType().FullName);
        }
        Activity?.EndApart();
    }

    public void FailAsTooLarge(long bytes) => Fail($"The answer has {bytes} bytes or more; at most {Limit} are allowed (MaximumAnswerSize).");

    /// <summary>
    /// Makes the answer on the thread pool: it may run the application's code, and so has no place in the turn. What it throws is the answer. A few are
    /// made at a time, so that many requests at once do not fill the memory with answers.
    /// </summary>
    public void AnswerLater(Func<RequestContext, ReadOnlyMemory<byte>> answer) => _ = Task.Run(async () =>
    {
        await Namespace.Server.Answering.WaitAsync().ConfigureAwait(false);
        try
        {
            Answer(answer(this));
        }
#pragma warning disable CA1031 // Whatever it is, the asker is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            AdapterLog.RequestFailed(Namespace.Logger, Namespace.Name, Asker, exception);
            Fail(exception);
        }
        finally
        {
            Namespace.Server.Answering.Release();
        }
    });

    private void SendError(string error) => send(new Answer(Asker, self, Id, 0, true, error, default));
}
