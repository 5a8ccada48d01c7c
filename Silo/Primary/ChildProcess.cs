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

    private ChildProcess(string name, Process process, Output output)
    {
        _name = name;
        _process = process;
        Id = process.Id;
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
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }
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
