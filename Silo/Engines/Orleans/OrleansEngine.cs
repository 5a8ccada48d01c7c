using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.OnOrleans;

namespace OrleansAdapter.Silo.Engines;

/// <summary>The directory as grains: the directory's process is a silo; workers are its clients or, colocated, silos as well.</summary>
internal sealed class OrleansEngine(string name, bool colocated) : DirectoryEngine
{
    private const string Section = "OrleansAdapter:Directory";
    private const string EnvironmentPrefix = "OrleansAdapter__Directory__";
    private const string SiloPrefix = "OrleansAdapter__Silo__";
    private const string SiloSection = "OrleansAdapter:Silo";

    public override string Name => name;

    public override void AddDirectory(IHostApplicationBuilder builder, bool firstStart)
    {
        var options = new OrleansEngineOptions();
        builder.Configuration.GetSection(Section).Bind(options);
        builder.Configuration.GetSection(SiloSection).Bind(options);
        foreach (var (port, name) in new[] { (options.SiloPort, nameof(options.SiloPort)), (options.GatewayPort, nameof(options.GatewayPort)) })
        {
            if (port is <= 0 or > IPEndPoint.MaxPort)
            {
                throw new OptionsException($"the environment variable {SiloPrefix}{name} is not set to a port");
            }
        }
        // With several silos a namespace's home may have been on another one.
        builder.Services.AddOrleansDirectorySilo(options, firstStart && !colocated);
        builder.Services.AddRoomDoor(door => door.ServerName = "doors of the directory");
    }

    public override EngineRun Prepare(string directory) => new Run(colocated ? Path.Combine(directory, "membership") : null);

    private sealed class Run : EngineRun
    {
        private readonly OrleansSupervisor _supervisor;

        public Run(string? membershipFile)
        {
            var (siloPort, gatewayPort) = FreePorts();
            siloPort = Port(nameof(OrleansEngineOptions.SiloPort)) ?? siloPort;
            gatewayPort = Port(nameof(OrleansEngineOptions.GatewayPort)) ?? gatewayPort;
            var gateway = new IPEndPoint(IPAddress.Loopback, gatewayPort).ToString();

            // A name of its own, so that runs do not mix, unless somebody chose one to join with. No secret: a silo tells it to who connects.
            var cluster = Set(EnvironmentPrefix + nameof(OrleansEngineOptions.ClusterId)) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            var environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [EnvironmentPrefix + "Engine"] = "orleans",
                [EnvironmentPrefix + nameof(OrleansEngineOptions.ClusterId)] = cluster,
                [EnvironmentPrefix + nameof(OrleansEngineOptions.Gateways) + "__0"] = gateway,
                [SiloPrefix + nameof(OrleansEngineOptions.SiloPort)] = siloPort.ToString(CultureInfo.InvariantCulture),
                [SiloPrefix + nameof(OrleansEngineOptions.GatewayPort)] = gatewayPort.ToString(CultureInfo.InvariantCulture),
            };
            if (membershipFile is not null)
            {
                environment[EnvironmentPrefix + nameof(OrleansEngineOptions.MembershipFile)] = membershipFile;
            }
            Environment = environment;
            _supervisor = new OrleansSupervisor(new OrleansEngineOptions { ClusterId = cluster, Gateways = { gateway }, MembershipFile = membershipFile });
        }

        public override IReadOnlyDictionary<string, string> Environment { get; }

        public override Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _supervisor.ReportDeathAsync(process, cancellationToken);

        public override Task DirectoryDiedAsync() => _supervisor.DirectoryDiedAsync();

        public override ValueTask DisposeAsync() => _supervisor.DisposeAsync();

        private static string? Set(string variable) => System.Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

        private static int? Port(string name) => Set(SiloPrefix + name) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;

        private static (int, int) FreePorts()
        {
            using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            second.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return (((IPEndPoint)first.LocalEndPoint!).Port, ((IPEndPoint)second.LocalEndPoint!).Port);
        }
    }
}

/// <content>The Orleans engine, where the build has it.</content>
internal static partial class EngineList
{
    static partial void AddOrleans(List<DirectoryEngine> engines) => engines.InsertRange(0, [new OrleansEngine("orleans", colocated: false), new OrleansEngine(Colocated, colocated: true)]);
}
