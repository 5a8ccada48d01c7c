using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Hosting;

/// <summary>
/// Answers a chunked body that is no HTTP, a NUL in its trailer say, as what it is: 400, and the end of the connection. Kestrel throws an exception there that
/// neither applications nor the framework expect, and where nobody has read the body it finds it behind the answer; either way it logs an error.
/// </summary>
internal sealed class ChunkedBodyGuard(TimeProvider time) : IStartupFilter
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.Core";

    /// <summary>How long the rest of a body is waited for, as Kestrel does.</summary>
    private static readonly TimeSpan RestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a client may take to hang up.</summary>
    private static readonly TimeSpan HangUpTimeout = TimeSpan.FromSeconds(2);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(Guard);
        next(app);
    };

    private Task Guard(HttpContext context, RequestDelegate next) =>
        context.Request.Headers.TransferEncoding.Count == 0 ? next(context) : GuardAsync(context, next);

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            await ReadRestAsync(context);
        }
        catch (InvalidOperationException exception) when (exception.Source == Kestrel)
        {
            await HangUpAsync(context);
        }
    }

    /// <summary>Reads what nobody has read, so that what is wrong with it is found here.</summary>
    private async Task ReadRestAsync(HttpContext context)
    {
        using var limit = new CancellationTokenSource(RestTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        var reader = context.Request.BodyReader;
        try
        {
            for (var isOver = false; !isOver;)
            {
                var result = await reader.ReadAsync(stop.Token);
                reader.AdvanceTo(result.Buffer.End);
                isOver = result.IsCompleted || result.IsCanceled;
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client is gone, or too slow: Kestrel ends that by itself.
        }
    }

    private async Task HangUpAsync(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentLength = 0;
            context.Response.Headers.Connection = "close";
        }
        await context.Response.CompleteAsync();
        // The client has its answer when it hangs up; one that does not is cut.
        await Task.Delay(HangUpTimeout, time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }
}
