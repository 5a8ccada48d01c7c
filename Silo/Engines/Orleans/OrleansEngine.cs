using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.OnOrleans;

namespace OrleansAdapter.Silo.Engines;

/// <summary>The directory as grains: the directory's process is a silo, and workers are its clients.</summary>
internal sealed class OrleansEngine : DirectoryEngine
{
    private const string Section = "OrleansAdapter:Directory";
    private const string EnvironmentPrefix = "OrleansAdapter__Directory__";
    private const string SiloPrefix = "OrleansAdapter__Silo__";
    private const string SiloSection = "OrleansAdapter:Silo";

    public override string Name => "orleans";

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
        builder.Services.AddOrleansDirectorySilo(options, firstStart);
    }

    public override EngineRun Prepare() => new Run(Name);

    private sealed class Run : EngineRun
    {
        private readonly OrleansSupervisor _supervisor;

        public Run(string engine)
        {
            var (siloPort, gatewayPort) = FreePorts();
            var gateway = new IPEndPoint(IPAddress.Loopback, gatewayPort).ToString();

            // Orleans lets in whoever names the cluster, so its name is a secret of this run.
            var cluster = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [EnvironmentPrefix + "Engine"] = engine,
                [EnvironmentPrefix + nameof(OrleansEngineOptions.ClusterId)] = cluster,
                [EnvironmentPrefix + nameof(OrleansEngineOptions.Gateways) + "__0"] = gateway,
                [SiloPrefix + nameof(OrleansEngineOptions.SiloPort)] = siloPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
                [SiloPrefix + nameof(OrleansEngineOptions.GatewayPort)] = gatewayPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
            _supervisor = new OrleansSupervisor(new OrleansEngineOptions { ClusterId = cluster, Gateways = { gateway } });
        }

        public override IReadOnlyDictionary<string, string> Environment { get; }

        public override Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _supervisor.ReportDeathAsync(process, cancellationToken);

        public override ValueTask DisposeAsync() => _supervisor.DisposeAsync();

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
    static partial void AddOrleans(List<DirectoryEngine> engines) => engines.Insert(0, new OrleansEngine());
}
