using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansAdapter.Grains;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.EndToEnd;

/// <summary>How the settings of a cluster of several machines are read, and what is refused.</summary>
public sealed class ClusteringTests : IDisposable
{
    private const string PostgreSql = "Host=10.0.0.9;Username=orleans;Password=secret;Database=orleans";

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("oa-");

    [Theory]
    [InlineData("Clustering=mysql", "Clustering is \"mysql\"; it must be one of: postgres, redis")]
    [InlineData("Clustering=postgres", "neither ConnectionString nor ConnectionFile")]
    [InlineData("Clustering=postgres|ConnectionString=nonsense", "ConnectionString is no connection string for postgres")]
    [InlineData("Clustering=postgres|ConnectionString=Username=me", "it names no Host")]
    [InlineData("Clustering=redis|ConnectionString=,password=hunter2", "it names no host")]
    [InlineData("Clustering=postgres|ConnectionString=Host=a;Password=hunter2;Port=none", "ConnectionString")]
    [InlineData("Clustering=redis|ConnectionString=a,password=hunter2,nonsense=1", "ConnectionString")]
    [InlineData("Clustering=postgres|ConnectionString=Host=a|ConnectionFile=b", "ConnectionString and ConnectionFile are both set")]
    [InlineData("Clustering=postgres|ConnectionFile=/nowhere/connection", "ConnectionFile cannot be read")]
    [InlineData("Clustering=postgres|ConnectionString=Host=a|Gateways:0=127.0.0.1:1", "Clustering and Gateways are both set")]
    [InlineData("Clustering=postgres|ConnectionString=Host=a|MembershipFile=/tmp/m", "Clustering and MembershipFile are both set")]
    [InlineData("Clustering=postgres|ConnectionString=Host=a|RunDirectory=/tmp", "RunDirectory names a cluster, and so does Clustering")]
    [InlineData("ConnectionString=Host=a", "Clustering is not set, though ConnectionString")]
    [InlineData("Clustering=postgres|ConnectionString=Host=a|SecretFile=", "neither SecretFile nor Tls is set")]
    public void What_is_missing_or_contradicts_is_refused_with_a_sentence(string settings, string error)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Read(settings).ReadClustering());
        Assert.Contains(error, exception.Message);
        Assert.DoesNotContain("hunter2", exception.Message);
    }

    [Fact]
    public void A_file_with_the_connection_string_that_others_can_read_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows knows no such modes of files.");
        var file = Write("connection", PostgreSql);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        var exception = Assert.Throws<OptionsValidationException>(() => Read($"Clustering=postgres|ConnectionFile={file}").ReadClustering());
        Assert.Contains("can be read by every user of this machine", exception.Message);
    }

    [Fact]
    public void The_connection_string_is_read_from_its_file_and_completed_with_limits_of_time()
    {
        var (_, connection) = Read($"Clustering=postgres|ConnectionFile={Write("connection", PostgreSql + "\n")}").ReadClustering()!.Value;
        Assert.Contains("Host=10.0.0.9", connection);
        Assert.Contains("Password=secret", connection);
        Assert.Contains(";Timeout=3", connection);
        Assert.Contains("Command Timeout=3", connection);

        var (_, redis) = Read("Clustering=redis|ConnectionString=10.0.0.9:6379,password=secret").ReadClustering()!.Value;
        Assert.Contains("10.0.0.9:6379", redis);
        Assert.Contains("password=secret", redis);
        Assert.Contains("connectTimeout=3000", redis);
    }

    [Theory]
    [InlineData("postgres", "Host=a;Timeout=7;CommandTimeout=8", "Timeout=7", "Command Timeout=8")]
    [InlineData("redis", "a,connectTimeout=7000,asyncTimeout=8000", "connectTimeout=7000", "asyncTimeout=8000")]
    public void Limits_that_the_connection_string_sets_stay(string kind, params string[] all)
    {
        var connection = Clustering.Named(kind).Complete(all[0]);
        Assert.All(all[1..], part => Assert.Contains(part, connection));
    }

    [Fact]
    public void The_status_puts_each_server_and_home_on_its_machine()
    {
        var (one, two) = (Silo("10.0.0.1", 11), Silo("10.0.0.2", 12));
        var status = ClusterStatus.Of(new DirectoryView(
            new Dictionary<SiloAddress, Orleans.Runtime.SiloStatus>
            {
                [two] = Orleans.Runtime.SiloStatus.Active,
                [one] = Orleans.Runtime.SiloStatus.Joining,
            },
            [Server("b", "http://10.0.0.1:500", 2), Server("a", "http://10.0.0.1:501", 3), Server("c", "http://10.0.0.3:500", 1), Server("door", null, 0)],
            [("/", two), ("/chat", two)]));

        Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.3"], status.Machines.Select(machine => machine.Address));
        Assert.Equal(["a", "b"], status.Machines[0].Servers);
        Assert.Equal(5, status.Machines[0].Sockets);
        Assert.Equal("joining", Assert.Single(status.Machines[0].Silos).State);
        Assert.Equal(["/", "/chat"], Assert.Single(status.Machines[1].Silos).Homes);
        Assert.Empty(status.Machines[2].Silos);
        Assert.Equal(["door"], status.Elsewhere);
    }

    public void Dispose() => _files.Delete(recursive: true);

    private static SiloAddress Silo(string address, int port) => SiloAddress.New(IPAddress.Parse(address), port, 1);

    private static ServerDescription Server(string name, string? address, int sockets) =>
        new(ServerId.NewProcess(), name, DateTimeOffset.UnixEpoch, sockets, address);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_files.FullName, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        return path;
    }

    /// <summary>Reads settings, with a secret unless they say otherwise.</summary>
    private DirectoryClusterOptions Read(string settings)
    {
        var values = settings.Split('|').Select(setting => setting.Split('=', 2)).ToDictionary(parts => parts[0], parts => (string?)parts[1]);
        values.TryAdd("SecretFile", Write("secret", new string('s', 40)));
        var section = new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"OrleansAdapter:Directory:{value.Key}", value.Value)))
            .Build().GetSection(DirectoryOptions.Section);
        return DirectoryClusterOptions.From(section);
    }
}
