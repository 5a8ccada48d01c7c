using System.Globalization;
using System.Net;
using OrleansAdapter.Silo.Front;
using OrleansAdapter.Silo.Primary;

namespace OrleansAdapter.Silo;

/// <summary>What the program was asked to do.</summary>
internal abstract record Command;

/// <summary>To say how it is used.</summary>
internal sealed record HelpCommand : Command;

/// <summary>To run the role <c>primary</c>.</summary>
internal sealed record PrimaryCommand(PrimaryOptions Options) : Command;

/// <summary>To tell how a primary is.</summary>
internal sealed record StatusCommand(int? Port, bool Json) : Command;

/// <summary>To have a primary replace its workers.</summary>
internal sealed record ReloadCommand(int? Port) : Command;

/// <summary>To run the role <c>directory</c>.</summary>
internal sealed record DirectoryCommand(bool Colocated, bool FirstStart) : Command;

/// <summary>Reads the command line: the one place that says which options there are, and which values are valid.</summary>
internal static class CommandLine
{
    /// <summary>The environment variable that says which program the workers run.</summary>
    public const string WorkerVariable = "ORLEANSADAPTER_WEBWORKER";

    private const int MostWorkers = 1024;
    private const int MostSeconds = 24 * 60 * 60;

    public static string Usage =>
        $"""
        usage: Silo primary [options]      runs the directory and the web workers, and starts again what dies
               Silo status [options]       tells how a primary's processes are
               Silo reload [options]       puts others in the place of a primary's workers, one after the other
               Silo directory [options]    hosts the directory; started by the primary

        primary
          --workers N       how many web workers (default: one per core, at least 2: {DefaultWorkers} here)
          --port P          where clients connect (default: 3000); port P + i, i = 1 … N, leads to worker i
          --address A       the IP address of all these ports (default: 127.0.0.1)
          --balance B       which worker gets a connection: {string.Join(", ", Balances.Keys)} (default: {Balances.Keys.First()})
          --front F         how connections get to workers: {string.Join(", ", Fronts.Keys)} (default: hand-over on Linux, proxy elsewhere)
          --drain SECONDS   how long a worker that is to leave may take to move its clients (default: 30; 0: it just ends)
          --hung SECONDS    a worker that gives no sign of life for so long is replaced (default: 15; 0: never)
          --status-port S   where the status can be asked for, on 127.0.0.1 (default: any; `Silo status` finds it)
          --certificate F   serve TLS as well, on the same ports, with this certificate (.pem or .pfx)
          --key F           its key, where that is a file of its own
          --colocated       every worker is a silo as well
          --worker PROGRAM  the program of a worker, a .dll or an executable (default: WebWorker, or ${WorkerVariable})

        status, reload
          --port P          the front port of the primary that is meant, where there are several
          --json            (status) as JSON

        directory
          --colocated       workers are silos as well
          --first-start     no directory ran before this one: do not wait for servers that remember one

        """;

    private static readonly Dictionary<string, BalancePolicy> Balances = new(StringComparer.OrdinalIgnoreCase)
    {
        ["least-connection"] = BalancePolicy.LeastConnection,
        ["round-robin"] = BalancePolicy.RoundRobin,
        ["random"] = BalancePolicy.Random,
    };

    /// <summary>Whether it is the proxy.</summary>
    private static readonly Dictionary<string, bool> Fronts = new(StringComparer.OrdinalIgnoreCase) { ["hand-over"] = false, ["proxy"] = true };

    private static int DefaultWorkers => Math.Max(2, Environment.ProcessorCount);

    /// <exception cref="OptionsException">The command line is wrong.</exception>
    public static Command Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            return new HelpCommand();
        }
        if (arguments.Count == 0)
        {
            throw new OptionsException("a role is needed: primary, status, reload or directory");
        }
        return arguments[0] switch
        {
            "primary" => new PrimaryCommand(ParsePrimary(new Values(arguments.Skip(1)))),
            "directory" => ParseDirectory(new Values(arguments.Skip(1))),
            "status" => ParseStatus(new Values(arguments.Skip(1))),
            "reload" => ParseReload(new Values(arguments.Skip(1))),
            var other => throw new OptionsException($"there is no role '{other}': it is primary, status, reload or directory"),
        };
    }

    /// <summary>What <c>--balance</c> calls a policy.</summary>
    public static string NameOf(BalancePolicy policy) => Balances.First(balance => balance.Value == policy).Key;

    private static PrimaryOptions ParsePrimary(Values values)
    {
        int workers = DefaultWorkers, port = 3000, drain = 30, hung = 15, statusPort = 0;
        var balance = BalancePolicy.LeastConnection;
        var proxy = !OperatingSystem.IsLinux();
        string? certificate = null, key = null;
        var address = IPAddress.Loopback;
        var colocated = false;
        var program = Environment.GetEnvironmentVariable(WorkerVariable) is { Length: > 0 } set ? set : WorkerProgram.Default;
        while (values.Next() is { } option)
        {
            switch (option)
            {
                case "--workers":
                    workers = values.Number(1, MostWorkers);
                    break;
                case "--port":
                    port = values.Number(1, IPEndPoint.MaxPort);
                    break;
                case "--address":
                    address = values.Address();
                    break;
                case "--colocated":
                    colocated = true;
                    break;
                case "--balance":
                    balance = values.OneOf(Balances);
                    break;
                case "--front":
                    proxy = values.OneOf(Fronts);
                    break;
                case "--drain":
                    drain = values.Number(0, MostSeconds);
                    break;
                case "--hung":
                    hung = values.Number(0, MostSeconds);
                    break;
                case "--status-port":
                    statusPort = values.Number(0, IPEndPoint.MaxPort);
                    break;
                case "--certificate":
                    certificate = values.File();
                    break;
                case "--key":
                    key = values.File();
                    break;
                case "--worker":
                    program = values.Text();
                    break;
                default:
                    throw Unknown(option);
            }
        }
        if (port + workers > IPEndPoint.MaxPort)
        {
            throw new OptionsException($"--port {port}: worker {workers} would have port {port + workers}, and there is none above {IPEndPoint.MaxPort}");
        }
        if (key is not null && certificate is null)
        {
            throw new OptionsException("--key is the key of a --certificate, and there is none");
        }
        if (proxy && certificate is not null)
        {
            throw new OptionsException("--certificate needs --front hand-over, where workers do TLS; with a proxy, put what does TLS before it");
        }
        if (!proxy && !OperatingSystem.IsLinux())
        {
            throw new OptionsException("--front hand-over needs Linux");
        }
        return new PrimaryOptions(new FrontAddress(address, port, workers), WorkerProgram.At(program))
        {
            Colocated = colocated,
            Proxy = proxy,
            Balance = balance,
            Drain = TimeSpan.FromSeconds(drain),
            Limits = new FrontLimits { HungAfter = TimeSpan.FromSeconds(hung) },
            StatusPort = statusPort,
            Certificate = certificate is null ? null : (certificate, key),
        };
    }

    private static StatusCommand ParseStatus(Values values)
    {
        int? port = null;
        var json = false;
        while (values.Next() is { } option)
        {
            switch (option)
            {
                case "--port":
                    port = values.Number(1, IPEndPoint.MaxPort);
                    break;
                case "--json":
                    json = true;
                    break;
                default:
                    throw Unknown(option);
            }
        }
        return new StatusCommand(port, json);
    }

    private static ReloadCommand ParseReload(Values values)
    {
        int? port = null;
        while (values.Next() is { } option)
        {
            port = option == "--port" ? values.Number(1, IPEndPoint.MaxPort) : throw Unknown(option);
        }
        return new ReloadCommand(port);
    }

    private static DirectoryCommand ParseDirectory(Values values)
    {
        var colocated = false;
        var firstStart = false;
        while (values.Next() is { } option)
        {
            switch (option)
            {
                case "--colocated":
                    colocated = true;
                    break;
                case "--first-start":
                    firstStart = true;
                    break;
                default:
                    throw Unknown(option);
            }
        }
        return new DirectoryCommand(colocated, firstStart);
    }

    private static OptionsException Unknown(string option) => new($"unknown option '{option}'");

    /// <summary>Options and their values, in either of the forms <c>--name value</c> and <c>--name=value</c>.</summary>
    private sealed class Values(IEnumerable<string> arguments)
    {
        private readonly Queue<string> _rest = new(arguments);
        private string _option = "";
        private string? _value;

        public string? Next()
        {
            if (_value is not null)
            {
                throw new OptionsException($"{_option} takes no value");
            }
            if (!_rest.TryDequeue(out var argument))
            {
                return null;
            }
            var end = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
            (_option, _value) = end < 0 ? (argument, null) : (argument[..end], argument[(end + 1)..]);
            return _option;
        }

        public string Text()
        {
            var value = _value ?? (_rest.TryDequeue(out var next) ? next : "");
            _value = null;
            return value.Length > 0 ? value : throw new OptionsException($"{_option} needs a value");
        }

        public int Number(int least, int most)
        {
            var text = Text();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw new OptionsException($"{_option} is '{text}'; it must be a number from {least} to {most}");
        }

        public string File()
        {
            var path = Text();
            return System.IO.File.Exists(path) ? Path.GetFullPath(path) : throw new OptionsException($"{_option} is '{path}', and there is no such file");
        }

        public T OneOf<T>(Dictionary<string, T> known)
        {
            var text = Text();
            return known.TryGetValue(text, out var value) ? value : throw new OptionsException($"{_option} is '{text}'; it must be one of: {string.Join(", ", known.Keys)}");
        }

        public IPAddress Address()
        {
            var text = Text();
            return IPAddress.TryParse(text, out var address) ? address : throw new OptionsException($"{_option} is '{text}'; it must be an IP address");
        }
    }
}
