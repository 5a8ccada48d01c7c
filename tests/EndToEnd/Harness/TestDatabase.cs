using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// A PostgreSQL or Redis of a test's own, on a free port of this machine, run by an unprivileged user. Disposing it ends it and removes all of it.
/// </summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private const string PostgreSqlKind = "postgres";
    private const string PostgreSql = "/usr/lib/postgresql";
    private const string Redis = "/usr/bin/redis-server";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("oa-db-");
    private readonly string _user;
    private readonly string _address;
    private readonly int _port = FreePorts.Take();
    private Process? _server;
    private Task _reading = Task.CompletedTask;
    private string _ready = "";
    private string[] _command = [];

    private TestDatabase(string kind, string address) => (Kind, _address, _user) = (kind, address, kind == PostgreSqlKind ? "postgres" : "nobody");

    /// <summary>The file with the connection string.</summary>
    public string ConnectionFile => Path.Combine(_directory.FullName, "connection");

    /// <summary>The file with the secret of the clusters in it.</summary>
    public string SecretFile => Path.Combine(_directory.FullName, "secret");

    /// <summary>Whether Redis is installed.</summary>
    public static bool HasRedis => File.Exists(Redis);

    /// <summary>Its kind: <c>postgres</c> or <c>redis</c>.</summary>
    public string Kind { get; }

    /// <summary>Starts one; returns when it takes connections. Skips the test where it is not installed.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="address">Where it listens.</param>
    public static async Task<TestDatabase> StartAsync(string kind, string address = "127.0.0.1")
    {
        var database = new TestDatabase(kind, address);
        try
        {
            await (kind == PostgreSqlKind ? database.StartPostgreSqlAsync() : database.StartRedisAsync());
            await WriteAsync(database.SecretFile, Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)));
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the tables, as an operator does.</summary>
    public async Task InitializeAsync()
    {
        var (exitCode, _, error) = await ProgramRun.RunAsync("Silo", "database", "init", "--connection-file", ConnectionFile);
        Assert.True(exitCode == 0, error);
    }

    /// <summary>Ends it as a crash does; what is in it stays.</summary>
    public async Task KillAsync()
    {
        _server!.Kill(entireProcessTree: true);
        await _reading; // until all of its processes are gone
        _server.Dispose();
        _server = null;

        // PostgreSQL would take a process that has ended, and that nobody has asked about yet, for one that runs.
        File.Delete(Path.Combine(_directory.FullName, "data", "postmaster.pid"));
    }

    /// <summary>Starts it again; returns when it takes connections.</summary>
    public Task StartAgainAsync() => StartAsync(_ready, _command);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await KillAsync();
        }
        _directory.Delete(recursive: true);
    }

    private async Task StartPostgreSqlAsync()
    {
        var versions = Directory.Exists(PostgreSql) ? Directory.GetDirectories(PostgreSql) : [];
        var programs = versions.Order(StringComparer.Ordinal).LastOrDefault();
        Assert.SkipWhen(programs is null, "PostgreSQL is not installed (Debian's package postgresql), so no cluster over it is tested.");
        var data = await OwnAsync("data");
        await RunAsync($"{programs}/bin/initdb", "-D", data, "-A", "trust", "-U", "postgres");
        await WriteAsync(ConnectionFile, $"Host={_address};Port={_port};Username=postgres;Database=postgres");
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), $"host all all {_address}/24 trust\n");
        await StartAsync(
            "ready to accept connections", $"{programs}/bin/postgres", "-D", data, "-k", "", "-h", _address, "-p", Text(_port), "-F");
    }

    private async Task StartRedisAsync()
    {
        Assert.SkipUnless(
            HasRedis, $"Redis is not installed (Debian's package redis-server; there is no {Redis}), so no cluster over it is tested.");
        var data = await OwnAsync("data");
        await WriteAsync(ConnectionFile, $"{_address}:{_port}");
        await StartAsync(
            "Ready to accept connections", Redis, "--bind", _address, "--protected-mode", "no", "--port", Text(_port), "--dir", data, "--save", "");
    }

    /// <summary>Writes a file that only this user can read.</summary>
    private static async Task WriteAsync(string path, string text)
    {
        await File.WriteAllTextAsync(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>A directory that belongs to the user who runs the server.</summary>
    private async Task<string> OwnAsync(string name)
    {
        var path = _directory.CreateSubdirectory(name).FullName;
        if (Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101);
            using var chown = Process.Start("chown", [_user, path]);
            await chown.WaitForExitAsync();
        }
        return path;
    }

    private ProcessStartInfo AsUser(params IEnumerable<string> command) => Environment.IsPrivilegedProcess
        ? new ProcessStartInfo("runuser", ["-u", _user, "--", .. command])
        : new ProcessStartInfo(command.First(), command.Skip(1));

    private async Task RunAsync(params string[] command)
    {
        var start = AsUser(command);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, "/");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command[0]}: {await output}{await error}");
    }

    private async Task StartAsync(string ready, params string[] command)
    {
        (_ready, _command) = (ready, command);
        var start = AsUser(command);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, "/");
        var lines = new EventLog<string>(command[0]);
        _server = Process.Start(start)!;
        _reading = Task.WhenAll(lines.ReadAsync(_server.StandardOutput), lines.ReadAsync(_server.StandardError));
        await lines.FirstAsync(line => line.Contains(ready, StringComparison.Ordinal), "that it takes connections");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
