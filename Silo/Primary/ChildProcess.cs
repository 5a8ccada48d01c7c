using System.ComponentModel;
using System.Diagnostics;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Primary;

/// <summary>A process that the primary started. What it writes goes through, with its name before each line.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int Killed = 128;
    private static readonly TimeSpan LastWordsLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a process has to end before it is killed; it ends itself a little sooner.</summary>
    private static readonly TimeSpan EndLimit = SupervisionContract.EndLimit + TimeSpan.FromSeconds(1);

    /// <summary>Environment variables that a service manager meant for the primary alone.</summary>
    private static readonly string[] NotTheirs = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

    private readonly Process _process;
    private readonly string _name;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _output;
    private readonly Lock _saying = new();
    private readonly StreamWriter _input;
    private readonly Dictionary<string, TaskCompletionSource<string>> _asked = new(StringComparer.Ordinal);

    private ChildProcess(string name, Process process, Output output)
    {
        _name = name;
        _process = process;
        Id = process.Id;
        _input = process.StandardInput;
        Ended = process.WaitForExitAsync();
        _output = Task.WhenAll(PassOnAsync(process.StandardOutput, output.Say), PassOnAsync(process.StandardError, output.Warn));
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>Completes when it says that it is ready; never where it does not.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when it has ended.</summary>
    public Task Ended { get; }

    /// <summary>How it ended, for the log.</summary>
    public string Ending => _process.ExitCode > Killed
        ? $"was ended by signal {_process.ExitCode - Killed}"
        : $"ended with exit code {_process.ExitCode}";

    /// <summary>Whether it has ended as a process does that was told to and could.</summary>
    public bool EndedWell => _process.ExitCode == 0;

    /// <summary>Starts a process.</summary>
    /// <exception cref="PrimaryException">It cannot be started.</exception>
    public static ChildProcess Start(string name, ProcessStartInfo start, Output output)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment[SupervisionContract.Supervised] = "true";
        foreach (var variable in NotTheirs)
        {
            start.Environment.Remove(variable);
        }
        try
        {
            return new ChildProcess(name, Process.Start(start)!, output);
        }
        catch (Win32Exception exception)
        {
            throw new PrimaryException($"{name} cannot be started: {exception.Message}");
        }
    }

    /// <summary>
    /// Asks the process something. Returns its answer; null where it does not answer in time, has ended, or has not said that it is ready. A question that it
    /// has not answered is not put again: whoever asks next gets the same answer, so that nothing piles up before a process that does not read.
    /// </summary>
    public async Task<string?> AskAsync(string question, TimeSpan limit)
    {
        if (!Ready.IsCompleted)
        {
            return null;
        }
        TaskCompletionSource<string>? answer;
        lock (_asked)
        {
            if (!_asked.TryGetValue(question, out answer))
            {
                _asked[question] = answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                Tell(SupervisionContract.QuestionLine + question);
            }
        }
        using var late = new CancellationTokenSource();
        var first = await Task.WhenAny(answer.Task, Ended, Task.Delay(limit, late.Token));
        await late.CancelAsync();
        return first == answer.Task ? await answer.Task : null;
    }

    /// <summary>Tells the process to leave, then to end, and kills it when the time for that is over. Returns when it has ended.</summary>
    /// <param name="drain">How long it may take to leave; zero where it is only told to end.</param>
    /// <param name="hurry">Cuts that time short.</param>
    /// <param name="force">Leaves it no time at all.</param>
    public async Task EndAsync(TimeSpan drain, CancellationToken hurry, CancellationToken force)
    {
        if (drain > TimeSpan.Zero && !hurry.IsCancellationRequested)
        {
            Tell(SupervisionContract.DrainLine);
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(hurry, force);
            await EndsAsync(drain, cut.Token);
        }
        CloseInput();
        if (!await EndsAsync(EndLimit, force))
        {
            await KillAsync();
        }
        await LastWordsAsync();
    }

    /// <summary>Kills the process if it has not ended. Returns when it has.</summary>
    public async Task KillAsync()
    {
        if (!Ended.IsCompleted)
        {
            _process.Kill(entireProcessTree: true);
            await Ended;
        }
        await LastWordsAsync();
    }

    /// <summary>Waits until all output has been passed on, but not for ever, because a grandchild may hold the output open.</summary>
    private Task<Task> LastWordsAsync() => Task.WhenAny(_output, Task.Delay(LastWordsLimit));

    public void Dispose() => _process.Dispose();

    private async Task<bool> EndsAsync(TimeSpan limit, CancellationToken cut)
    {
        try
        {
            await Ended.WaitAsync(limit, cut);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Tell(string line)
    {
        try
        {
            lock (_saying)
            {
                _input.WriteLine(line);
                _input.Flush();
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It has ended, or was told to.
        }
    }

    private void CloseInput()
    {
        try
        {
            lock (_saying)
            {
                _input.Close();
            }
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    private void Answered(string line)
    {
        var end = line.IndexOf(' ', StringComparison.Ordinal);
        TaskCompletionSource<string>? asked = null;
        lock (_asked)
        {
            if (end > 0)
            {
                _asked.Remove(line[..end], out asked);
            }
        }
        asked?.TrySetResult(line[(end + 1)..]);
    }

    private async Task PassOnAsync(StreamReader from, Action<string> to)
    {
        try
        {
            while (await from.ReadLineAsync() is { } line)
            {
                if (line == SupervisionContract.ReadyLine)
                {
                    _ready.TrySetResult();
                }
                else if (line.StartsWith(SupervisionContract.AnswerLine, StringComparison.Ordinal))
                {
                    Answered(line[SupervisionContract.AnswerLine.Length..]);
                }
                else
                {
                    to($"[{_name}] {line}");
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It has ended.
        }
    }
}
