using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Hosting;

/// <summary>A conversation that warms: each round takes every way that a message has. Ends when it is disposed of.</summary>
internal interface IWarmUpTalk : IAsyncDisposable
{
    /// <summary>How many messages of rounds have reached all whom they were for.</summary>
    int Messages { get; }

    /// <summary>One message alone, and then several at once; returns when all have been heard by all.</summary>
    Task RoundAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Clients of every front at two servers of this process, which share rooms: what one server publishes reaches the other through the directory's mailbox
/// stream, as it does between workers, and the server itself in the answer to its publish.
/// </summary>
internal sealed class WarmUpTalk : IWarmUpTalk
{
    private const int Servers = 2;

    /// <summary>Clients of each front at each server: as many rooms have two members there.</summary>
    private const int Clients = 2 * WarmUpRooms.Count;

    /// <summary>How many clients speak at once.</summary>
    private const int AtOnce = 4;

    private readonly List<WarmUpServer> _servers = [];
    private readonly List<WarmUpClient> _clients = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _lock = new();
    private readonly List<Task> _listening = [];
    private readonly int[] _members = new int[WarmUpRooms.Count];
    private Exception? _failure;
    private TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing;
    private int _next;

    public int Messages { get; private set; }

    /// <summary>Starts the servers and connects the clients.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="directory">The application's.</param>
    /// <param name="fronts">What it serves.</param>
    /// <param name="logger">Gets what the servers log.</param>
    /// <param name="stop">Ends the start.</param>
    /// <param name="hurry">Says that there is no time left for an orderly end.</param>
    public static async Task<WarmUpTalk> StartAsync(
        IServiceProvider services, IDirectory directory, IReadOnlyList<IWarmUpFront> fronts, ILogger logger, CancellationToken stop, CancellationToken hurry)
    {
        var talk = new WarmUpTalk();
        try
        {
            var prefix = WarmUpNamespaces.NewPrefix();
            for (var i = 0; i < Servers; i++)
            {
                talk._servers.Add(new WarmUpServer(services, new WarmUpDirectory(directory.Another(), prefix), fronts, logger, hurry));
            }
            await Task.WhenAll(talk._servers.Select(server => server.StartAsync(stop))).ConfigureAwait(false);
            foreach (var server in talk._servers)
            {
                foreach (var front in fronts)
                {
                    for (var i = 0; i < Clients; i++)
                    {
                        await talk.EnterAsync(await server.ConnectAsync(front, stop).ConfigureAwait(false), ++talk._members[i % WarmUpRooms.Count], stop)
                            .ConfigureAwait(false);
                    }
                }
            }
            talk.Messages = 0; // what was said on entering belongs to no round
            return talk;
        }
        catch
        {
            await talk.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task RoundAsync(CancellationToken cancellationToken)
    {
        await SayAsync(Next(1), _members[0], cancellationToken).ConfigureAwait(false);
        await SayAsync(Next(AtOnce), _members[0], cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _clients.ForEach(static client => client.Dispose());
        await Task.WhenAll(_servers.Select(static server => server.DisposeAsync().AsTask())).ConfigureAwait(false);
        _ending.Dispose();
    }

    /// <summary>The clients whose turn it is.</summary>
    private List<WarmUpClient> Next(int count) => [.. Enumerable.Range(0, count).Select(_ => _clients[_next++ % _clients.Count])];

    /// <summary>Listens to a client; returns when it is in its room, which it knows by hearing itself there.</summary>
    private Task EnterAsync(WarmUpClient client, int members, CancellationToken cancellationToken)
    {
        _clients.Add(client);
        _listening.Add(ListenAsync(client));
        return SayAsync([client], members, cancellationToken);
    }

    private async Task ListenAsync(WarmUpClient client)
    {
        try
        {
            await client.ListenAsync(Heard, _ending.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it ends the conversation, and is told to who leads it.
        catch (Exception exception) when (!_ending.IsCancellationRequested)
#pragma warning restore CA1031
        {
            lock (_lock)
            {
                _failure = exception;
                _heard.TrySetException(exception);
            }
        }
    }

    /// <summary>Has clients say something to their rooms; returns when all have heard it who are in there.</summary>
    private async Task SayAsync(List<WarmUpClient> speakers, int members, CancellationToken cancellationToken)
    {
        Task heard;
        lock (_lock)
        {
            _missing = speakers.Count * members;
            _heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            heard = _heard.Task;
            if (_failure is not null)
            {
                _heard.SetException(_failure);
            }
        }
        foreach (var speaker in speakers)
        {
            await speaker.SayAsync(cancellationToken).ConfigureAwait(false);
        }
        await heard.WaitAsync(cancellationToken).ConfigureAwait(false);
        Messages += speakers.Count;
    }

    private void Heard()
    {
        lock (_lock)
        {
            if (--_missing == 0)
            {
                _heard.TrySetResult();
            }
        }
    }
}
