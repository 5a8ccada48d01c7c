using System.Threading.Channels;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Puts others in the place of all workers, one after the other, so that there is never one less than there should be, nor more than one too many.</summary>
internal sealed class Reloads(IReadOnlyList<Supervised> workers, Output output)
{
    /// <summary>One that is asked for while another is under way comes after it; more of them would do nothing else.</summary>
    private readonly Channel<bool> _requests = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Whether one is under way.</summary>
    public bool Running { get; private set; }

    /// <summary>Asks for one. Returns at once.</summary>
    public void Request() => _requests.Writer.TryWrite(true);

    /// <summary>Does what is asked for, until it is told to stop.</summary>
    public async Task RunAsync(Stop stop)
    {
        try
        {
            while (await _requests.Reader.ReadAsync(stop.Token))
            {
                Running = true;
                await ReloadAsync(stop);
                Running = false;
            }
        }
        catch (OperationCanceledException)
        {
            // Everything ends.
        }
    }

    private async Task ReloadAsync(Stop stop)
    {
        output.Say("reloading");
        foreach (var worker in workers)
        {
            if (!await worker.ReplaceAsync(stop))
            {
                if (!stop.Token.IsCancellationRequested)
                {
                    output.Warn($"reload stopped at {worker.Name}: its replacement did not become ready");
                }
                return;
            }
        }
        output.Say("reloaded");
    }
}
