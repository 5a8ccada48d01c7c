using System.Diagnostics;
using System.Threading.Channels;

namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>A server reduced to what it is sent: every message waits in a channel until a test asks for it.</summary>
internal sealed class TestServer(IDirectory directory) : IDirectoryReceiver
{
    private readonly Dictionary<string, Channel<HomeMessage>> _home = [];
    private readonly Channel<ServerMessage> _answers = Channel.CreateUnbounded<ServerMessage>();
    private readonly Channel<bool> _connected = Channel.CreateUnbounded<bool>();

    internal IDirectory Directory { get; } = directory;

    /// <summary>The first life of its process.</summary>
    public ServerId Life { get; } = ServerId.NewProcess();

    /// <summary>A life of this server in a namespace's home, not registered.</summary>
    public TestLife NewLife(string @namespace, ServerId? life = null) => new(this, @namespace, life ?? Life);

    /// <summary>Registers this server's life with a namespace's home.</summary>
    public async Task<TestLife> RegisterAsync(string @namespace)
    {
        var life = NewLife(@namespace);
        await life.RegisterAsync();
        return life;
    }

    /// <summary>Describes this server until the directory lists it, again after a while: the seam may lose messages.</summary>
    public async Task DescribeAsync(long session = 0, long handled = 0)
    {
        long? described = null;
        await Wait.UntilAsync(
            () =>
            {
                if (described is not { } at || Stopwatch.GetElapsedTime(at) > Wait.Again)
                {
                    Describe(session, handled);
                    described = Stopwatch.GetTimestamp();
                }
                return Directory.ServersAsync(TestContext.Current.CancellationToken);
            },
            servers => servers.Any(server => server.Process == Life.Process),
            $"{Life} is not listed");
    }

    /// <summary>Describes this server once. It may be silent for an hour from then on, longer than any test, as nothing describes it by itself.</summary>
    public void Describe(long session = 0, long handled = 0) => Describe(session, handled, lease: 3_600_000);

    /// <summary>Asks for a lease that is over at once, and is silent from then on.</summary>
    public void Lapse() => Describe(0, 0, lease: 1);

    private void Describe(long session, long handled, long lease) => Directory.Send(
        new Describe(new ServerDescription(Life.Process, $"test {Life}", DateTimeOffset.UnixEpoch, 5, $"unix:/{Life}"), session, handled, lease));

    /// <summary>Waits until the directory was reached, once more since the last call.</summary>
    public async Task ConnectedAsync() => await _connected.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();

    /// <summary>The next answers.</summary>
    internal async Task<Answers> AnswersAsync()
    {
        while (true)
        {
            var answers = Assert.IsType<Answers>(await _answers.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync());
            if (answers.Items.Count > 0)
            {
                return answers;
            }
            // Without answers, it only tells of the numbering.
        }
    }

    /// <summary>What homes of a namespace have sent.</summary>
    internal ChannelReader<HomeMessage> Home(string @namespace) => ChannelOf(@namespace).Reader;

    void IDirectoryReceiver.Receive(string @namespace, HomeMessage message) => ChannelOf(@namespace).Writer.TryWrite(message);

    void IDirectoryReceiver.Receive(ServerMessage message) => _answers.Writer.TryWrite(message);

    void IDirectoryReceiver.Connected() => _connected.Writer.TryWrite(true);

    private Channel<HomeMessage> ChannelOf(string @namespace)
    {
        lock (_home)
        {
            if (!_home.TryGetValue(@namespace, out var channel))
            {
                _home[@namespace] = channel = Channel.CreateUnbounded<HomeMessage>();
            }
            return channel;
        }
    }
}
