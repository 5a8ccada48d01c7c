using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>Silos and clients with certificates, made with openssl as docs/ORLEANS.md says: which are let in, and which are not, at either end.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ConnectionTlsTests : IAsyncLifetime
{
    /// <summary>How many seconds it names is how long the attempt took that ended behind the third: on a busy machine, more than three.</summary>
    private const string Waits = "has let this process in for ";

    private readonly string _files = Directory.CreateTempSubdirectory("oa-").FullName;
    private readonly WarningLog _siloLog = new();
    private TestSilos? _silos;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openssl"), "NOT TESTED HERE: openssl is missing.");
        foreach (var authority in new[] { "ours", "another" })
        {
            await OpenSslAsync($"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={authority}"
                + $" -keyout {authority}.key -out {authority}.pem");
            await SignAsync($"of-{authority}", authority, days: 2);
        }
        await SignAsync("run-out", "ours", days: -1);
        _silos = await TestSilos.StartAsync(new TestSilosOptions
        {
            Silos = 2,
            Directory = directory => directory.Tls = Files("of-ours", "ours"),
            Silo = silo => silo.Services.AddLogging(logging => logging.AddProvider(_siloLog)),
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_silos is not null)
        {
            await _silos.DisposeAsync();
        }
        Directory.Delete(_files, recursive: true);
    }

    [Fact]
    public async Task Silos_and_clients_with_certificates_of_the_authority_are_one_cluster()
    {
        using var client = _silos!.NewClient();
        await client.StartAsync(Cancellation).InTimeAsync();
        for (var silo = 0; silo < 2; silo++)
        {
            await _silos.PlaceHomeAsync($"/on-{silo}", silo);
            Assert.True(await _silos.HasHomeAsync($"/on-{silo}", silo));
            await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IHomeGrain>($"/on-{silo}").Status().InTimeAsync();
        }
        await client.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData("of-another", "ours", "at the silo")]
    [InlineData("run-out", "ours", "at the silo")]
    [InlineData("of-ours", "another", "at the client")]
    [InlineData(null, null, "at the silo")]
    public async Task A_certificate_that_is_wrong_or_missing_is_refused_and_said_so(string? certificate, string? authority, string where)
    {
        var log = new WarningLog();
        using var client = _silos!.NewClient(
            directory: directory => directory.Tls = certificate is null ? new TlsFiles() : Files(certificate, authority!), log: log);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var starting = client.StartAsync(end.Token);
        const string refused = "There is no TLS with 127.0.0.1:";
        if (where == "at the silo")
        {
            await _siloLog.FirstAsync(refused).InTimeAsync();
            await log.FirstAsync(Waits).InTimeAsync();
        }
        else
        {
            await log.AllAsync(refused, Waits).InTimeAsync();
        }
        Assert.False(starting.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Fact]
    public async Task The_secret_is_proved_inside_of_TLS()
    {
        var secret = ClusterFile.DrawSecret(_files);
        var log = new WarningLog();
        await using var silos = await TestSilos.StartAsync(new TestSilosOptions
        {
            Directory = directory => (directory.Tls, directory.SecretFile) = (Files("of-ours", "ours"), secret),
        });
        using var client = silos.NewClient();
        await client.StartAsync(Cancellation).InTimeAsync();
        await client.StopAsync(Cancellation);

        using var without = silos.NewClient(directory: directory => directory.SecretFile = null, log: log);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var starting = without.StartAsync(end.Token);
        await log.FirstAsync(Waits).InTimeAsync();
        Assert.False(starting.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Theory]
    [InlineData("of-ours", "of-another", "ours", "Tls.CertificateFile")]
    [InlineData("of-ours", "of-ours", "nowhere", "Tls.AuthorityFile")]
    [InlineData("of-ours", null, "ours", "Tls.KeyFile is not set")]
    public async Task Files_that_do_not_belong_together_or_are_missing_stop_the_start_and_are_named(
        string certificate, string? key, string authority, string error)
    {
        using var client = _silos!.NewClient(directory: directory => directory.Tls = new TlsFiles
        {
            CertificateFile = Path.Combine(_files, $"{certificate}.pem"),
            KeyFile = key is null ? null : Path.Combine(_files, $"{key}.key"),
            AuthorityFile = Path.Combine(_files, $"{authority}.pem"),
        });
        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => client.StartAsync(Cancellation));
        Assert.Contains($"DirectoryOptions.{error}", wrong.Message, StringComparison.Ordinal);
    }

    private TlsFiles Files(string certificate, string authority) => new()
    {
        CertificateFile = Path.Combine(_files, $"{certificate}.pem"),
        KeyFile = Path.Combine(_files, $"{certificate}.key"),
        AuthorityFile = Path.Combine(_files, $"{authority}.pem"),
    };

    private async Task SignAsync(string name, string authority, int days)
    {
        await File.WriteAllTextAsync(Path.Combine(_files, "usage"), "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n", Cancellation);
        await OpenSslAsync($"req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr");
        await OpenSslAsync($"x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days {days} -extfile usage -out {name}.pem");
    }

    private async Task OpenSslAsync(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { WorkingDirectory = _files, RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, error);
    }
}
