using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>A client result that this server waits for.</summary>
internal abstract class AskedInvocation
{
    /// <summary>What the client is to return.</summary>
    public abstract Type Type { get; }

    /// <summary>The client has answered. Only the first word counts.</summary>
    public abstract void Complete(CompletionMessage completion);
}

/// <summary>A client result that this server waits for.</summary>
/// <typeparam name="T">What the client is to return.</typeparam>
internal sealed class AskedInvocation<T> : AskedInvocation
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Type Type => typeof(T);

    public Task<T> Task => _result.Task;

    public override void Complete(CompletionMessage completion)
    {
        if (!completion.HasResult)
        {
            _result.TrySetException(new HubException(completion.Error));
        }
        else if (completion.Result is T result)
        {
            _result.TrySetResult(result);
        }
        else if (completion.Result is null && default(T) is null)
        {
            _result.TrySetResult(default!);
        }
        else
        {
            _result.TrySetException(
                new HubException($"The client returned {completion.Result?.GetType().Name ?? "null"} where {typeof(T).Name} was asked for."));
        }
    }

    public void Fail(Exception exception) => _result.TrySetException(exception);
}

/// <summary>Reads one completion as the type that was asked for.</summary>
internal sealed class ResultBinder(Type type) : IInvocationBinder
{
    public Type GetReturnType(string invocationId) => type;

    public IReadOnlyList<Type> GetParameterTypes(string methodName) => throw new InvalidDataException("A result was expected, not an invocation.");

    public Type GetStreamItemType(string streamId) => throw new InvalidDataException("A result was expected, not a stream item.");
}
