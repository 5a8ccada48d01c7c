using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A callback of the application's that throws when a client has gone is logged, and nothing else: unhandled it would end the process.</summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task A_callback_of_Disconnected_that_throws_is_logged()
    {
        using var log = new AwaitedLog("DisconnectedFailed");
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Logging.AddProvider(log),
            serve: io => io.OnConnection(socket =>
            {
                socket.Disconnected.UnsafeRegister(_ => ran.TrySetResult(), null);
                socket.Disconnected.UnsafeRegister(_ => throw new InvalidOperationException("the callback's own fault"), null);
                registered.TrySetResult(); // one more client comes at the end
            }));
        var (socket, _) = await cluster[0].JoinAsync();
        await registered.Task.InTimeAsync(); // the client is told before OnConnection has run
        await socket.CloseAsync();

        Assert.Contains("the callback's own fault", (await log.Line.InTimeAsync()).ToString(), StringComparison.Ordinal);
        await ran.Task.InTimeAsync();
        await cluster[0].JoinAsync();
    }

    [Fact]
    public async Task A_callback_of_an_Engine_IO_connections_Closed_that_throws_is_logged()
    {
        using var log = new AwaitedLog("ListenerFailed");
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder =>
            {
                builder.Services.AddEngineIO();
                builder.Logging.AddProvider(log);
            },
            map: (app, _) => app.MapEngineIO(
                "/engine.io", connection => connection.Closed.UnsafeRegister(_ => throw new InvalidOperationException("the callback's own fault"), null)));
        await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, "/engine.io/?EIO=4&transport=websocket");
        await socket.ReceiveTextAsync();
        await socket.CloseAsync();

        Assert.Contains("the callback's own fault", (await log.Line.InTimeAsync()).ToString(), StringComparison.Ordinal);
    }

    /// <summary>Waits for an event of the log that has an exception.</summary>
    private sealed class AwaitedLog(string name) : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource<Exception> _line = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception> Line => _line.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == name && exception is not null)
            {
                _line.TrySetResult(exception);
            }
        }

        public void Dispose()
        {
        }
    }
}
