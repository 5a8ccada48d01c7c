using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Primary;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Hosting;

/// <summary>
/// Warms this process up before it joins its namespaces and takes connections: see <see cref="WarmUpOptions"/>. Whatever goes wrong, the process
/// starts, and the log says that it starts cold.
/// </summary>
/// <param name="options">For how long.</param>
/// <param name="start">Starts the conversation that warms, until the first token ends that; the second one says that there is no time to end it in an orderly
/// way. Null where this process is not to be warmed.</param>
/// <param name="compiler">What the compiler has done.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class WarmUp(
    WarmUpOptions options,
    Func<CancellationToken, CancellationToken, Task<IWarmUpTalk>>? start,
    Func<CompilerFigures> compiler,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>The environment variable that says whether a worker warms up.</summary>
    public const string Variable = "OrleansAdapter__WarmUp__Enabled";

    /// <summary>Whether this process is warmed.</summary>
    public bool IsWanted => start is not null;

    /// <summary>That of a host.</summary>
    public static WarmUp Of(IServiceProvider services)
    {
        var server = services.GetRequiredService<ThisServer>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansAdapter.WarmUp").Bounded(server.Time);
        var fronts = services.GetServices<IWarmUpFront>().Where(static front => !front.IsTraced).ToArray();
        var isWanted = (server.Options.WarmUp.Enabled ?? IsDefault(services))
            && fronts.Length > 0
            && services.GetService<IServiceProviderIsService>()?.IsService(typeof(IServer)) == true;
        return new WarmUp(
            server.Options.WarmUp,
            isWanted
                ? async (stop, hurry) => await WarmUpTalk.StartAsync(services, server.Directory, fronts, logger, stop, hurry).ConfigureAwait(false)
                : null,
            static () => CompilerFigures.Now,
            server.Time,
            logger);
    }

    /// <summary>Returns when the process is warm, or when it takes too long.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (start is null)
        {
            return;
        }
        var warning = new WaitWarning(time);
        await warning.WaitAsync(
            WarmAsync(start, cancellationToken),
            () => WarmUpLog.GoesOn(logger, (long)warning.Waited.TotalSeconds, options.Limit),
            CancellationToken.None).ConfigureAwait(false); // it ends itself when it is cancelled, and cleans up
    }

    private async Task WarmAsync(Func<CancellationToken, CancellationToken, Task<IWarmUpTalk>> begin, CancellationToken cancellationToken)
    {
        Activity.Current = null; // it is part of nobody's trace
        var (began, before) = (time.GetTimestamp(), compiler());
        var (messages, isAtRest) = (0, false);
        using var limit = new CancellationTokenSource(options.Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var talk = await begin(stop.Token, cancellationToken).ConfigureAwait(false);
            await using (talk.ConfigureAwait(false))
            {
                try
                {
                    await new WarmUpRounds(talk, compiler, time).RunAsync(stop.Token).ConfigureAwait(false);
                    isAtRest = true;
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && talk.Messages > 0)
                {
                    // It is as warm as it gets in that time.
                }
                messages = talk.Messages;
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            WarmUpLog.Failed(logger, new TimeoutException($"No message had gone round within {options.Limit} (OrleansAdapter:WarmUp:Limit).", exception));
            return;
        }
#pragma warning disable CA1031 // Whatever it is, it is made known, and the process starts without.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            WarmUpLog.Failed(logger, exception);
            return;
        }
        cancellationToken.ThrowIfCancellationRequested();
        var after = compiler();
        var (methods, compiling) = (after.Methods - before.Methods, after.Time - before.Time);
        WarmUpLog.Done(
            logger, time.GetElapsedTime(began).TotalSeconds, messages, methods, compiling.TotalSeconds, isAtRest ? "is at rest" : "is still at it");
    }

    private static bool IsDefault(IServiceProvider services) =>
        services.GetService<IConfiguration>()?.GetValue<bool>(SupervisionContract.SupervisedKey) == true
        && services.GetService<IHostEnvironment>()?.IsProduction() == true;
}

/// <summary>What warming up logs.</summary>
internal static partial class WarmUpLog
{
    [LoggerMessage(190, LogLevel.Information,
        "This worker has warmed up for {Seconds:0.0} s: {Messages} messages went round, for which the runtime compiled {Methods} methods in "
        + "{Compiling:0.0} s and {State}")]
    public static partial void Done(ILogger logger, double seconds, int messages, long methods, double compiling, string state);

    [LoggerMessage(191, LogLevel.Warning,
        "This worker could not warm up, and starts cold: its first seconds will take more processor time than later ones. "
        + "Where this happens again, mend what the exception names, or set OrleansAdapter:WarmUp:Enabled to false")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(192, LogLevel.Information, "This worker has been warming up for {Seconds} s, and takes no connections yet; at most it does so for {Limit}")]
    public static partial void GoesOn(ILogger logger, long seconds, TimeSpan limit);
}
