using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Silo.Engines;

/// <summary>The directory in a process of its own, which listens at a socket file that only this user can reach.</summary>
internal sealed class LocalEngine : DirectoryEngine
{
    private const string Section = "OrleansAdapter:Directory";
    private const string EnvironmentPrefix = "OrleansAdapter__Directory__";
    private const int SecretBytes = 32;

    public override string Name => "local";

    public override void AddDirectory(IHostApplicationBuilder builder, bool firstStart)
    {
        var options = new DirectoryServerOptions { SocketPath = "", Secret = "" };
        builder.Configuration.GetSection(Section).Bind(options);
        options.FirstStart = firstStart;
        foreach (var name in new[] { nameof(options.SocketPath), nameof(options.Secret) })
        {
            if (string.IsNullOrEmpty(builder.Configuration[$"{Section}:{name}"]))
            {
                throw new OptionsException($"the environment variable {EnvironmentPrefix}{name} is not set");
            }
        }
        builder.Services.AddSingleton<IHostedService>(services => new DirectoryService(options, services.GetRequiredService<ILoggerFactory>()));
    }

    public override EngineRun Prepare(string directory) => new Run(Name, directory);

    private sealed class DirectoryService(DirectoryServerOptions options, ILoggerFactory loggers) : IHostedService
    {
        private DirectoryServer? _server;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            try
            {
                _server = DirectoryServer.Start(options, loggers);
            }
            catch (OptionsValidationException exception)
            {
                throw new OptionsException(exception.Message);
            }
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }
        }
    }

    private sealed class Run : EngineRun
    {
        private readonly DirectorySupervisor _supervisor;

        public Run(string engine, string directory)
        {
            var path = Path.Combine(directory, "directory");
            var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [EnvironmentPrefix + "Engine"] = engine,
                [EnvironmentPrefix + nameof(LocalDirectoryOptions.SocketPath)] = path,
                [EnvironmentPrefix + nameof(LocalDirectoryOptions.Secret)] = secret,
            };
            _supervisor = new DirectorySupervisor(new LocalDirectoryOptions { SocketPath = path, Secret = secret });
        }

        public override IReadOnlyDictionary<string, string> Environment { get; }

        public override Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _supervisor.ReportDeathAsync(process, cancellationToken);

        public override ValueTask DisposeAsync() => _supervisor.DisposeAsync();
    }
}
