using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>What a process that hosts the directory is started with.</summary>
public sealed class DirectoryServerOptions
{
    /// <summary>The socket file to listen at. Its directory must be closed to other users (mode 700); it is made where it is missing.</summary>
    public required string SocketPath { get; set; }

    /// <summary>What lets processes in: they greet with the same one. At most 512 bytes of UTF-8.</summary>
    public required string Secret { get; set; }

    /// <summary>
    /// Whether it is known that no directory ran before this one, so that no server remembers one: its homes open at once. Where it is not known, leave it
    /// false: a home then waits for the servers that it hears of, at most 1.5 s.
    /// </summary>
    public bool FirstStart { get; set; }

    /// <summary>The limits of the links.</summary>
    public LinkOptions Link { get; set; } = new();

    /// <summary>The limits and times of the homes.</summary>
    public RoomsOptions Rooms { get; set; } = new();

    /// <summary>The limits and times of the list of servers.</summary>
    public ServersOptions Servers { get; set; } = new();
}

/// <summary>
/// The directory for the servers of one machine: hosts every home and the list of servers, and listens for links until it is disposed.
/// Servers reach it with <c>AddLocalDirectory</c>, what supervises them with <see cref="DirectorySupervisor"/>.
/// </summary>
/// <remarks>
/// Disposing it closes all links and removes the socket file; the servers then try to connect for ever. What it knew is in the servers, and the next one
/// is made from that (<see cref="DirectoryServerOptions.FirstStart"/> left false).
/// </remarks>
public sealed class DirectoryServer : IAsyncDisposable
{
    private readonly DirectoryHost _host;
    private readonly LinkServer _links;

    private DirectoryServer(DirectoryHost host, LinkServer links)
    {
        _host = host;
        _links = links;
    }

    /// <summary>Starts to listen; when it returns, servers can connect.</summary>
    /// <exception cref="OptionsValidationException">An option is wrong; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The socket file's directory is open to others, or another directory listens there already.</exception>
    public static DirectoryServer Start(DirectoryServerOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null) =>
        Start(options, ProtocolVersion.Ours, loggers, time);

    internal static DirectoryServer Start(DirectoryServerOptions options, ProtocolRange versions, ILoggerFactory? loggers, TimeProvider? time)
    {
        var errors = LocalDirectoryOptionsValidator.Errors(options).ToArray();
        if (errors.Length > 0)
        {
            throw new OptionsValidationException(nameof(DirectoryServerOptions), typeof(DirectoryServerOptions), errors);
        }
        time ??= TimeProvider.System;
        loggers ??= NullLoggerFactory.Instance;
        var listener = LinkSocket.Listen(options.SocketPath);
        var host = new DirectoryHost(
            new DirectoryHostOptions(options.Rooms, options.Servers, options.FirstStart),
            time,
            new Random(),
            loggers.CreateLogger("OrleansAdapter.Directory"));
        var logger = loggers.CreateLogger("OrleansAdapter.Directory.Links");
        LinkLog.Listening(logger, options.SocketPath);
        return new DirectoryServer(host, new LinkServer(host, listener, LinkGreeting.Secret(options.Secret), versions, options.Link, time, logger));
    }

    /// <summary>Closes all links, and removes the socket file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        await _host.DisposeAsync();
    }
}
