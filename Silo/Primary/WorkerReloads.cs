using System.Threading.Channels;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Replaces all workers, one after the other, so that there is never a worker less than there should be, and at most one more.</summary>
internal sealed class WorkerReloads(IReadOnlyList<Supervised> workers, ServiceManager manager, Output output)
{
    /// <summary>Requests. One that comes during a reload is done after it; more of them would do nothing else.</summary>
    private readonly Channel<bool> _requests = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Whether a reload is under way.</summary>
    public bool Running { get; private set; }

    /// <summary>How many reloads were done.</summary>
    public int Done { get; private set; }

    /// <summary>How many reloads were given up.</summary>
    public int Failed { get; private set; }

    /// <summary>Asks for a reload. Returns at once.</summary>
    public void Request() => _requests.Writer.TryWrite(true);

    /// <summary>Reloads whenever it is asked for, until it is told to stop.</summary>
    public async Task RunAsync(Stop stop)
    {
        try
        {
            while (await _requests.Reader.ReadAsync(stop.Token))
            {
                Running = true;
                manager.Reloading();
                output.Say("reloading");
                if (await ReplaceAllAsync(stop))
                {
                    Done++;
                    output.Say("reloaded");
                }
                else
                {
                    Failed++;
                }
                Running = false;
                manager.Ready();
            }
        }
        catch (OperationCanceledException)
        {
            // Everything ends.
        }
    }

    private async Task<bool> ReplaceAllAsync(Stop stop)
    {
        foreach (var worker in workers)
        {
            if (!await worker.ReplaceAsync(stop))
            {
                stop.Token.ThrowIfCancellationRequested();
                output.Warn($"reload given up at {worker.Name}: its replacement did not become ready");
                return false;
            }
        }
        return true;
    }
}
