using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO;

/// <summary>A client's arguments are not what the handler takes. The message is for the client; what else is known is for who wrote the handler.</summary>
internal sealed class ArgumentsException(string message, Exception? inner = null) : Exception(message, inner)
{
    public string Detail => InnerException is { } inner ? $"{Message}: {inner.Message}" : Message;
}

/// <summary>A handler and how to call it, and whether for the next event only.</summary>
internal readonly record struct BoundHandler(Delegate Handler, HandlerShape Shape, bool IsOnce = false);

/// <summary>
/// How a handler of events is called: what each of its parameters is taken from, and what becomes of its result. Made once for each method, whatever
/// number of sockets it serves.
/// </summary>
internal sealed class HandlerShape
{
    private static readonly object NoResult = new();

    private readonly Parameter[] _parameters;
    private readonly MethodInvoker? _invoker;
    private readonly Func<object, Task<object?>>? _result;
    private readonly bool _needsServices;
    private readonly bool _acknowledges;

    private HandlerShape(MethodInfo method, IServiceProviderIsService services)
    {
        var argument = 0;
        var nullability = new NullabilityInfoContext();
        _parameters = [.. method.GetParameters().Select(parameter => Describe(parameter, services, nullability, ref argument))];
        _needsServices = _parameters.Any(parameter => parameter.Source == Source.Service);
        _acknowledges = _parameters.Any(parameter => parameter.Source is Source.Ack or Source.Event);
        // A delegate over a static method may be closed over its first parameter; only the delegate itself knows.
        _invoker = method.IsStatic ? null : MethodInvoker.Create(method);
        _result = ResultOf(method.ReturnType);
    }

    private enum Source
    {
        Argument,
        Ack,
        Event,
        Arguments,
        Socket,
        User,
        HttpContext,
        Cancellation,
        Service,
    }

    /// <summary>The shape of a handler.</summary>
    /// <param name="handler">Any delegate.</param>
    /// <param name="services">Says which types are services rather than arguments.</param>
    /// <param name="known">The shapes that were made, with these services.</param>
    public static HandlerShape Of(Delegate handler, IServiceProviderIsService services, ConcurrentDictionary<MethodInfo, HandlerShape> known)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return known.GetOrAdd(handler.Method, static (method, services) => new HandlerShape(method, services), services);
    }

    /// <summary>Calls a handler with an event, and acknowledges with its result where the handler does not itself.</summary>
    /// <exception cref="ArgumentsException">The client's arguments are not what the handler takes.</exception>
    public async ValueTask InvokeAsync(Delegate handler, SocketIOEvent @event, IServiceProvider services)
    {
        object? result;
        if (_needsServices)
        {
            await using var scope = services.CreateAsyncScope();
            result = await InvokeAsync(handler, Bind(@event, scope.ServiceProvider)).ConfigureAwait(true);
        }
        else
        {
            result = await InvokeAsync(handler, Bind(@event, services)).ConfigureAwait(true);
        }
        if (!_acknowledges && @event.Ack.IsRequested)
        {
            if (ReferenceEquals(result, NoResult))
            {
                @event.Ack.Send();
            }
            else
            {
                @event.Ack.Send(result);
            }
        }
    }

    private async ValueTask<object?> InvokeAsync(Delegate handler, object?[] arguments)
    {
        object? returned;
        if (_invoker is not null)
        {
            returned = _invoker.Invoke(handler.Target, arguments.AsSpan());
        }
        else
        {
            try
            {
                returned = handler.DynamicInvoke(arguments);
            }
            catch (TargetInvocationException exception) when (exception.InnerException is { } inner)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
                throw;
            }
        }
        return _result is null ? NoResult : returned is null ? null : await _result(returned).ConfigureAwait(true);
    }

    private object?[] Bind(SocketIOEvent @event, IServiceProvider services)
    {
        if (_parameters.Length == 0)
        {
            return [];
        }
        var values = new object?[_parameters.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _parameters[i].Source switch
            {
                Source.Ack => @event.Ack,
                Source.Event => @event,
                Source.Arguments => @event.Arguments,
                Source.Socket => @event.Socket,
                Source.User => @event.Socket.Handshake.User,
                Source.HttpContext => @event.Socket.HttpContext,
                Source.Cancellation => @event.Socket.Disconnected,
                Source.Service => services.GetRequiredService(_parameters[i].Type),
                _ => Argument(_parameters[i], @event.Arguments),
            };
        }
        return values;
    }

    private static object? Argument(Parameter parameter, SocketIOArguments arguments)
    {
        if (parameter.Index >= arguments.Count)
        {
            return parameter.MayBeMissing ? parameter.Default : throw new ArgumentsException($"argument {parameter.Index} is missing");
        }
        try
        {
            return arguments.Get(parameter.Index, parameter.Type) is { } value ? value
                : parameter.MayBeNull ? null
                : throw new ArgumentsException($"argument {parameter.Index} may not be null");
        }
        catch (JsonException exception)
        {
            throw new ArgumentsException($"argument {parameter.Index} is not what this event takes", exception);
        }
    }

    private static Parameter Describe(ParameterInfo parameter, IServiceProviderIsService services, NullabilityInfoContext nullability, ref int argument)
    {
        var type = parameter.ParameterType;
        var source = type == typeof(SocketIOAck) ? Source.Ack
            : type == typeof(SocketIOEvent) ? Source.Event
            : type == typeof(SocketIOArguments) ? Source.Arguments
            : type == typeof(SocketIOSocket) ? Source.Socket
            : type == typeof(ClaimsPrincipal) ? Source.User
            : type == typeof(HttpContext) ? Source.HttpContext
            : type == typeof(CancellationToken) ? Source.Cancellation
            : services.IsService(type) && !typeof(System.Collections.IEnumerable).IsAssignableFrom(type) ? Source.Service
            : Source.Argument;
        var mayBeNull = type.IsValueType ? Nullable.GetUnderlyingType(type) is not null : nullability.Create(parameter).WriteState != NullabilityState.NotNull;
        return new Parameter(
            source, type, source == Source.Argument
                ? argument++
                : -1, mayBeNull, mayBeNull || parameter.HasDefaultValue, parameter.HasDefaultValue ? parameter.DefaultValue
                : null);
    }

    /// <summary>Turns what a handler returned into its result, once that is there; null where there is none to wait for or to send.</summary>
    private static Func<object, Task<object?>>? ResultOf(Type type)
    {
        if (type == typeof(void))
        {
            return null;
        }
        if (type == typeof(Task))
        {
            return static async returned =>
            {
                await ((Task)returned).ConfigureAwait(true);
                return NoResult;
            };
        }
        if (type == typeof(ValueTask))
        {
            return static async returned =>
            {
                await ((ValueTask)returned).ConfigureAwait(true);
                return NoResult;
            };
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() is { } generic && (generic == typeof(Task<>) || generic == typeof(ValueTask<>)))
        {
            var name = generic == typeof(Task<>) ? nameof(OfTask) : nameof(OfValueTask);
            return typeof(HandlerShape)
                .GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type.GenericTypeArguments)
                .CreateDelegate<Func<object, Task<object?>>>();
        }
        return static returned => Task.FromResult<object?>(returned);
    }

    private static async Task<object?> OfTask<T>(object returned) => await ((Task<T>)returned).ConfigureAwait(true);

    private static async Task<object?> OfValueTask<T>(object returned) => await ((ValueTask<T>)returned).ConfigureAwait(true);

    private sealed record Parameter(Source Source, Type Type, int Index, bool MayBeNull, bool MayBeMissing, object? Default);
}
