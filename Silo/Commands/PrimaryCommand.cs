using System.CommandLine;
using System.Net;
using OrleansAdapter.Grains;
using OrleansAdapter.Silo.Front;
using OrleansAdapter.Silo.Primary;
using static OrleansAdapter.Silo.Commands.OptionValues;

namespace OrleansAdapter.Silo.Commands;

/// <summary>The role <c>primary</c> on the command line: the one place that says what its options are, and which values are valid.</summary>
internal sealed class PrimaryCommand
{
    /// <summary>The environment variable that says which program the workers run.</summary>
    public const string WorkerVariable = "ORLEANSADAPTER_WEBWORKER";

    private const int MostWorkers = 1024;
    private const int DefaultMetricsPort = 9464;
    private const int DefaultDashboardPort = 8080;
    private const int MostSeconds = 24 * 60 * 60;
    private const string HandOver = "hand-over";
    private const string Proxy = "proxy";

    private const string OwnSilo = "silo";
    private const string NoSilo = "none";

    private static readonly string[] Fronts = [HandOver, Proxy];

    private readonly Option<int> _workers = Checked(
        "--workers",
        "N",
        "how many web workers; by default one per core, and at least 2",
        Math.Max(2, Environment.ProcessorCount),
        text => Number(text, 1, MostWorkers));

    private readonly Option<int> _port = Checked(
        "--port", "P", "where clients connect", 3000, text => Number(text, 1, IPEndPoint.MaxPort));

    private readonly Option<bool> _workerPorts = Flag("--worker-ports", "port P + i, i = 1 … N, leads to worker i alone, as well");

    private readonly Option<IPAddress> _address = Checked("--address", "A", "the IP address of these ports", IPAddress.Loopback, Address);

    private readonly Option<string> _balance = Checked(
        "--balance",
        "B",
        $"which worker gets a connection: {string.Join(", ", BalancePolicies.ByName.Keys)}",
        BalancePolicies.ByName.Keys.First(),
        text => OneOf(text, BalancePolicies.ByName.Keys));

    private readonly Option<string> _front = Checked(
        "--front",
        "F",
        $"how connections get to workers: {HandOver} (on Linux) or {Proxy}",
        OperatingSystem.IsLinux() ? HandOver : Proxy,
        text => OneOf(text, Fronts));

    private readonly Option<int> _drain = Checked(
        "--drain", "SECONDS", "how long a worker that is to leave may take to move its clients; 0: it just ends", 30, text => Number(text, 0, MostSeconds));

    private readonly Option<int> _hung = Checked(
        "--hung", "SECONDS", "a worker or directory that gives no sign of life for so long is replaced; 0: never", 15, text => Number(text, 0, MostSeconds));

    private readonly Option<int> _statusPort = Checked(
        "--status-port",
        "S",
        $"a port on 127.0.0.1 where every user of this machine can ask for the status; without it, only this user can, with `{ProgramName.Value} status`",
        0,
        text => Number(text, 0, IPEndPoint.MaxPort));

    private readonly Option<IPEndPoint?> _observe = Optional(
        "--observe",
        "A:P",
        "show the metrics of all processes, for Prometheus, at http://A:P/metrics, and on this machine the admin UI",
        new IPEndPoint(IPAddress.Loopback, DefaultMetricsPort),
        text => IPEndPoint.TryParse(text, out var address) && address.Port != 0
            ? address
            : throw new FormatException("it must be an IP address and a port, such as 127.0.0.1:9464"));

    private readonly Option<IPEndPoint?> _dashboard = Optional(
        "--dashboard",
        "A:P",
        "show Orleans' dashboard of the directory at http://A:P/, to this machine",
        new IPEndPoint(IPAddress.Loopback, DefaultDashboardPort),
        text => IPEndPoint.TryParse(text, out var address) && address.Port != 0 && IPAddress.IsLoopback(address.Address)
            ? address
            : throw new FormatException("it must be an IP address of this machine alone and a port, such as 127.0.0.1:8080"));

    private readonly Option<string?> _certificate = Checked<string?>(
        "--certificate", "FILE", "serve TLS as well, on the same ports, with this certificate (.pem or .pfx)", ExistingFile);

    private readonly Option<string?> _key = Checked<string?>("--key", "FILE", "the certificate's key, where that is a file of its own", ExistingFile);

    private readonly Option<bool> _colocated = Flag("--colocated", "every worker is a silo as well");

    private readonly Option<string?> _cluster = Checked<string?>(
        "--cluster",
        "C",
        $"join the silos of other machines, which find each other in a database: {string.Join(", ", Clustering.Names)}",
        text => OneOf(text, Clustering.Names));

    private readonly Option<string?> _connectionFile = Checked<string?>(
        "--connection-file", "FILE", "holds that database's connection string", ExistingFile);

    private readonly Option<string?> _secretFile = Checked<string?>(
        "--secret-file", "FILE", "with --cluster: holds the secret that all machines prove to each other, 32 bytes or more", ExistingFile);

    private readonly Option<IPAddress?> _advertise = Checked<IPAddress?>(
        "--advertise", "A", "the IP address at which other machines reach this one's silo and workers", Address);

    private readonly Option<bool> _kubernetes = Flag(
        "--kubernetes", "with --cluster, in a pod: name and address are the pod's, and Kubernetes tells which pods are gone");

    private readonly Option<string> _directory = Checked(
        "--directory",
        "D",
        $"{OwnSilo}: a silo on this machine; {NoSilo}: workers only, which use the silos of other machines",
        OwnSilo,
        text => OneOf(text, [OwnSilo, NoSilo]));

    private readonly Option<string?> _worker = Checked<string?>(
        "--worker",
        "PROGRAM",
        $"what a worker runs, a .dll or an executable; by default what ${WorkerVariable} names, else the project in this folder",
        text => text);

    private PrimaryCommand()
    {
    }

    public static Command Create()
    {
        var options = new PrimaryCommand();
        var command = new Command("primary", "Runs the directory and the web workers, and starts again what dies.")
        {
            options._workers, options._port, options._workerPorts, options._address,
            options._balance, options._front, options._drain, options._hung, options._statusPort, options._observe, options._dashboard,
            options._certificate, options._key, options._colocated, options._cluster, options._connectionFile, options._secretFile, options._advertise,
            options._kubernetes, options._directory, options._worker,
        };
        command.SetAction(parsed => PrimaryRole.RunAsync(options.Read(parsed)));
        return command;
    }

    /// <exception cref="OptionsException">Two options do not go together, or the worker's program is not there.</exception>
    private PrimaryOptions Read(ParseResult parsed)
    {
        var (workers, port) = (parsed.GetValue(_workers), parsed.GetValue(_port));
        var (certificate, key) = (parsed.GetValue(_certificate), parsed.GetValue(_key));
        var proxy = parsed.GetValue(_front) == Proxy;
        var workerPorts = parsed.GetValue(_workerPorts);
        if (workerPorts && port + workers > IPEndPoint.MaxPort)
        {
            throw new OptionsException(
                $"{_port.Name} {port} {_workerPorts.Name}: worker {workers} would have port {port + workers}, and there is none above {IPEndPoint.MaxPort}");
        }
        if (key is not null && certificate is null)
        {
            throw new OptionsException($"{_key.Name} is the key of a {_certificate.Name}, and there is none");
        }
        if (proxy && certificate is not null)
        {
            throw new OptionsException($"{_certificate.Name} needs {_front.Name} {HandOver}, where workers do TLS; with a proxy, put what does TLS before it");
        }
        if (!proxy && !OperatingSystem.IsLinux())
        {
            throw new OptionsException($"{_front.Name} {HandOver} needs Linux");
        }
        var colocated = parsed.GetValue(_colocated);
        var cluster = ClusterRun.Read(new ClusterArguments(
            parsed.GetValue(_cluster),
            parsed.GetValue(_connectionFile),
            parsed.GetValue(_secretFile),
            parsed.GetValue(_advertise),
            parsed.GetValue(_directory) == OwnSilo,
            parsed.GetValue(_kubernetes)));
        if (cluster is not null && colocated)
        {
            throw new OptionsException(
                $"{_colocated.Name} keeps the list of silos in a file on this machine, and {_cluster.Name} keeps it in a database: use one of them");
        }
        var dashboard = parsed.GetValue(_dashboard);
        if (dashboard is not null && (colocated || cluster is not null))
        {
            throw new OptionsException($"{_dashboard.Name} shows a directory of one silo: not with {(colocated ? _colocated : (Option)_cluster).Name}");
        }
        return new PrimaryOptions(new FrontAddress(parsed.GetValue(_address)!, port, workers, workerPorts), Program(parsed.GetValue(_worker)))
        {
            Colocated = colocated,
            Cluster = cluster,
            Proxy = proxy,
            Balance = BalancePolicies.ByName[parsed.GetValue(_balance)!],
            Drain = TimeSpan.FromSeconds(parsed.GetValue(_drain)),
            Limits = new FrontLimits { HungAfter = TimeSpan.FromSeconds(parsed.GetValue(_hung)) },
            StatusPort = parsed.GetValue(_statusPort),
            Observe = parsed.GetValue(_observe),
            Dashboard = dashboard,
            Certificate = certificate is null ? null : (certificate, key),
        };
    }

    /// <summary>The program of a worker: what the option says, else the environment, else what is at hand.</summary>
    private string Program(string? option)
    {
        if (option is null && Environment.GetEnvironmentVariable(WorkerVariable) is not { Length: > 0 })
        {
            return WorkerProgram.Default
                ?? throw new OptionsException($"there is no project in this folder: {_worker.Name} names the program, say bin/Debug/net10.0/App.dll");
        }
        var (path, from) = option is not null ? (option, _worker.Name) : (Environment.GetEnvironmentVariable(WorkerVariable)!, $"${WorkerVariable}");
        return File.Exists(path) ? Path.GetFullPath(path) : throw new OptionsException($"{from} is '{path}'; there is no such file");
    }
}
