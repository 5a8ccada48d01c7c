using System.Collections.Concurrent;

namespace OrleansAdapter.Tests.Directories;

/// <summary>A directory that can be made to fence its server.</summary>
internal sealed class TestDirectory(IDirectory inner) : IDirectory, IDirectoryReceiver
{
    private readonly ConcurrentDictionary<string, (ServerId Life, long Epoch)> _lives = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ServerId, int> _answers = [];
    private IDirectoryReceiver? _receiver;
    private int _listings;

    public Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
    {
        _receiver = receiver;
        return inner.StartAsync(process, this, cancellationToken);
    }

    public IDirectory Another() => new TestDirectory(inner.Another());

    /// <summary>While set, what the server sends to homes is lost.</summary>
    public bool Loses { get; set; }

    /// <summary>While set, nothing of the server gets through at all.</summary>
    public bool IsCutOff { get; set; }

    public void Send(string @namespace, WorkerMessage message)
    {
        if (!Loses && !IsCutOff)
        {
            inner.Send(@namespace, message);
        }
    }

    public void Send(ServerMessage message)
    {
        if (!IsCutOff)
        {
            inner.Send(message);
        }
    }

    /// <summary>While set, the list of servers is empty.</summary>
    public bool IsUnlisted { get; set; }

    /// <summary>How often the list was asked for.</summary>
    public int Listings => Volatile.Read(ref _listings);

    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) =>
        Interlocked.Increment(ref _listings) > 0 && IsUnlisted ? Task.FromResult<IReadOnlyList<ServerDescription>>([]) : inner.ServersAsync(cancellationToken);

    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => inner.ReportDeathAsync(process, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>The server is told that its life has ended, as if its lease had lapsed.</summary>
    public void Fence(string @namespace)
    {
        var (life, epoch) = _lives[@namespace];
        _receiver!.Receive(@namespace, new Fenced { Life = life, Epoch = epoch });
    }

    void IDirectoryReceiver.Receive(string @namespace, HomeMessage message)
    {
        if (message is Registered)
        {
            _lives[@namespace] = (message.Life, message.Epoch);
        }
        _receiver!.Receive(@namespace, message);
    }

    /// <summary>How many answers of a server have come, and were passed on.</summary>
    public int AnswersOf(ServerId server) => _answers.GetValueOrDefault(server);

    void IDirectoryReceiver.Receive(ServerMessage message)
    {
        _receiver!.Receive(message);
        foreach (var answer in message is Answers answers ? answers.Items : [])
        {
            _answers.AddOrUpdate(answer.From, 1, static (_, count) => count + 1);
        }
    }

    void IDirectoryReceiver.Connected() => _receiver!.Connected();
}
