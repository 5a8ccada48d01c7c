using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Draining;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Primary;

/// <summary>
/// The life of a host that a primary started: it tells when it has started, and stops when the primary says so or is gone. Signals often reach all
/// processes of a terminal or a service; the primary decides what they mean, so that workers stop before their directory.
/// </summary>
/// <param name="application">The host's.</param>
/// <param name="services">Where the server is that leaves before the host stops, if the host is one.</param>
/// <param name="terminable">Whether the process may also be ended by itself, with SIGTERM, or told to leave.</param>
/// <param name="exit">Ends the process, with success.</param>
/// <param name="kill">Ends the process, whatever it hangs in.</param>
/// <param name="primary">What the primary says; null where a test says it.</param>
internal sealed partial class SupervisedLifetime(
    IHostApplicationLifetime application, IServiceProvider services, bool terminable, Action exit, Action kill, PrimaryWord? primary = null)
    : IHostLifetime, IDisposable
{
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _terminate;
    private CancellationTokenRegistration _started;
    private int _leaving;

    /// <summary>
    /// What moves the clients, which come once the host has started. It is asked for then, because standard input may end when the container is already gone.
    /// </summary>
    private volatile IServerDrain? _drain;

    /// <summary>What the primary may ask, once the host has started.</summary>
    private volatile IReadOnlyList<IPrimaryQuestion> _questions = [];

    private volatile ILogger? _logger;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        _terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            context =>
            {
                context.Cancel = true;
                Leave();
            });
        Begin();
        primary?.TellTo(this);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _started.Dispose();
        _interrupt?.Dispose();
        _terminate?.Dispose();
    }

    /// <summary>Says that the host has started, when it has.</summary>
    internal void Begin() => _started = application.ApplicationStarted.Register(() =>
    {
        _drain = services.GetService<IServerDrain>();
        _logger = services.GetService<ILoggerFactory>()?.CreateLogger<SupervisedLifetime>().Bounded(TimeProvider.System);
        _questions = [.. services.GetServices<IPrimaryQuestion>()];
        Console.Out.WriteLine(SupervisionContract.ReadyLine);
    });

    /// <summary>Answers what the primary asks; nothing where it is no question that this process knows, or the host has not started.</summary>
    internal void Answer(string line)
    {
        if (line.StartsWith(SupervisionContract.QuestionLine, StringComparison.Ordinal)
            && _questions.FirstOrDefault(question => line.AsSpan(SupervisionContract.QuestionLine.Length).SequenceEqual(question.Name)) is { } asked)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static asked => asked.Lifetime.Answer(asked.Question), (Lifetime: this, Question: asked), preferLocal: false);
        }
    }

    private void Answer(IPrimaryQuestion question)
    {
        try
        {
            Console.Out.WriteLine($"{SupervisionContract.AnswerLine}{question.Name} {question.Answer()}");
        }
#pragma warning disable CA1031 // A question that cannot be answered, perhaps by an application's own part in it, must not end the process.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (_logger is { } logger)
            {
                NotAnswered(logger, exception, question.Name);
            }
        }
    }

    [LoggerMessage(171, LogLevel.Warning,
        "What the primary asks ('{Question}') could not be answered. It shows this process without it: mend what the exception "
        + "names.")]
    private static partial void NotAnswered(ILogger logger, Exception exception, string question);

    /// <summary>Leaves the cluster in an orderly way, which has a limit of its own, and then ends.</summary>
    internal void Leave()
    {
        if (!terminable || Interlocked.Exchange(ref _leaving, 1) != 0)
        {
            return;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static lifetime => _ = lifetime.LeaveAsync(), this, preferLocal: false);
    }

    private async Task LeaveAsync()
    {
        try
        {
            await (_drain?.DrainAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        finally
        {
            Stop();
        }
        await Task.Delay(SupervisionContract.EndLimit).ConfigureAwait(false);
        kill();
    }

    /// <summary>There is no more time: stops the host. Does no harm to one that has stopped.</summary>
    internal void End()
    {
        _drain?.Hurry();
        ThreadPool.UnsafeQueueUserWorkItem(static lifetime => lifetime.Stop(), this, preferLocal: false);
    }

    /// <summary>
    /// Stops the host; where it has not started yet, ends the process. A start that is broken off would throw in the application, which nobody expects of a
    /// host that is told to stop, and may take as long as what it waits for. Nothing depends on what a server that has not started would still do.
    /// </summary>
    private void Stop()
    {
        if (application.ApplicationStarted.IsCancellationRequested)
        {
            application.StopApplication();
        }
        else
        {
            exit();
        }
    }
}
