using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Admin;

/// <summary>Lets into the admin namespace who may see it. Wrong passwords are slowed down by address, logged and counted.</summary>
internal sealed class AdminGate : IDisposable
{
    /// <summary>What the page knows as its cue to ask for a password.</summary>
    public const string Wrong = "invalid credentials";

    /// <summary>A longer one would be nobody's.</summary>
    private const int LongestPassword = 1024;

    /// <summary>How many passwords may wait to be compared, which takes a core for some time each.</summary>
    private const int MostWaiting = 16;

    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);

    private readonly SocketIOAdminOptions _options;
    private readonly AdminSessions? _sessions;
    private readonly LoginAttempts _attempts;
    private readonly AdapterMetrics _metrics;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _comparing = new(1);
    private int _waiting;

    public AdminGate(SocketIOAdminOptions options, AdapterMetrics metrics, ILogger logger, TimeProvider time)
    {
        (_options, _metrics, _logger) = (options, metrics, logger);
        _attempts = new LoginAttempts(time);
        _sessions = options.AllowAnonymous ? null : new AdminSessions(options.Username!, options.PasswordHash!, options.SessionLifetime, time);
    }

    public void Dispose() => _comparing.Dispose();

    /// <summary>Whether somebody at this address may come near at all.</summary>
    public bool Allows(IPAddress? address) => _options.AllowRemote || (address is not null && IPAddress.IsLoopback(address));

    /// <summary>
    /// Whether somebody who asked for the server by such a name may come near. Where no password is needed, a page of a stranger's site, open in a browser on
    /// this machine, could come near by a name of its own that leads here.
    /// </summary>
    public bool AllowsName(bool isThisMachine) => isThisMachine || _options.AllowRemote || !_options.AllowAnonymous;

    /// <summary>The middleware of the namespace.</summary>
    /// <exception cref="ConnectErrorException">The client may not come in.</exception>
    public async Task CheckAsync(SocketIOSocket socket)
    {
        var (address, auth) = (socket.Handshake.Address, socket.Handshake.Auth);
        if (!Allows(address))
        {
            _metrics.AdminLogin("remote");
            throw new ConnectErrorException($"the admin UI may be used on the server's machine only ({nameof(SocketIOAdminOptions)}.AllowRemote)");
        }
        if (!AllowsName(socket.Handshake.NamesThisMachine))
        {
            _metrics.AdminLogin("remote");
            throw new ConnectErrorException(
                "without a password the admin UI may be used under the name localhost or a loopback address only, such as http://127.0.0.1 "
                + $"({nameof(SocketIOAdminOptions)}.AllowAnonymous)");
        }
        if (_sessions is null)
        {
            _metrics.AdminLogin("anonymous");
            return;
        }
        if (Text(auth, "sessionId") is { Length: > 0 } session)
        {
            if (_sessions.IsGood(session))
            {
                _metrics.AdminLogin("session");
                return;
            }
            _metrics.AdminLogin("expired");
            throw new ConnectErrorException(Wrong);
        }
        if (Text(auth, "password") is not { Length: > 0 and <= LongestPassword } password)
        {
            // The page tries so when it was never logged in: nobody has guessed anything.
            _metrics.AdminLogin("missing");
            throw new ConnectErrorException(Wrong);
        }
        await LogInAsync(address, Text(auth, "username") ?? "", password).ConfigureAwait(false);
        _metrics.AdminLogin("password");
        AdminLog.LoggedIn(_logger, _options.Username!, address);
        socket.Emit("session", _sessions.New());
    }

    /// <exception cref="ConnectErrorException">The user or the password is wrong, or there were too many wrong ones.</exception>
    private async Task LogInAsync(IPAddress? address, string username, string password)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw HeldBack(Busy);
        }
        try
        {
            if (_attempts.Begin(address) is { } wait)
            {
                throw HeldBack(wait);
            }
            var isGood = false;
            await _comparing.WaitAsync().ConfigureAwait(false);
            try
            {
                // Whoever has the wrong name waits as long as with the right one.
                var isPassword = await Task.Run(() => BCrypt.Net.BCrypt.Verify(password, _options.PasswordHash)).ConfigureAwait(false);
                isGood = isPassword && CryptographicOperations.FixedTimeEquals(Hashed(username), Hashed(_options.Username!));
            }
            finally
            {
                _comparing.Release();
                _attempts.End(address, isGood);
            }
            if (!isGood)
            {
                _metrics.AdminLogin("wrong");
                AdminLog.WrongCredentials(_logger, address);
                throw new ConnectErrorException(Wrong);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private ConnectErrorException HeldBack(TimeSpan wait)
    {
        _metrics.AdminLogin("held back");
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        return new ConnectErrorException($"too many attempts, try again in {seconds} s", new { retryAfter = seconds });
    }

    private static byte[] Hashed(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static string? Text(JsonElement auth, string name)
    {
        if (auth.ValueKind != JsonValueKind.Object || !auth.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // no valid Unicode
        }
    }
}
