using System.Threading.Channels;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// Writes the lines of the primary and its children. A reader may stop, as a terminal does on Ctrl+S: then lines are kept up to a bound and dropped beyond
/// it, and the primary goes on.
/// </summary>
internal sealed class Output : IAsyncDisposable
{
    private const int Most = 10_000;
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(1);

    private readonly Channel<(TextWriter To, string Line)> _lines = Channel.CreateBounded<(TextWriter, string)>(
        new BoundedChannelOptions(Most) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Output() => new Thread(Write) { IsBackground = true, Name = "Output" }.Start();

    /// <summary>Writes a line to standard output. Never blocks.</summary>
    public void Say(string line) => _lines.Writer.TryWrite((Console.Out, line));

    /// <summary>Writes a line to standard error. Never blocks.</summary>
    public void Warn(string line) => _lines.Writer.TryWrite((Console.Error, line));

    /// <summary>Waits until all is written, but not for a reader that has stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.Complete();
        await Task.WhenAny(_written.Task, Task.Delay(FarewellLimit));
    }

    private void Write()
    {
        // A thread of its own, because writing may block.
        foreach (var (to, line) in _lines.Reader.ReadAllAsync().ToBlockingEnumerable())
        {
            to.WriteLine(line);
        }
        _written.SetResult();
    }
}
