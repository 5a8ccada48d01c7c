using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>What the programs say to whoever starts them in a wrong way.</summary>
public sealed class CommandLineTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("", "role")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("primary --nonsense", "--nonsense")]
    [InlineData("primary --workers", "--workers")]
    [InlineData("primary --workers 0", "--workers")]
    [InlineData("primary --workers=two", "--workers is 'two'")]
    [InlineData("primary --workers 1 --workers 2", "--workers")]
    [InlineData("primary --drain -1", "--drain")]
    [InlineData("primary --hung=never", "--hung is 'never'")]
    [InlineData("primary --balance fairest", "--balance is 'fairest'; it must be one of: least-connection, round-robin, random")]
    [InlineData("primary --front back", "--front")]
    [InlineData("primary --certificate=/nowhere.pem", "--certificate")]
    [InlineData("primary --key /dev/null", "--certificate")]
    [InlineData("primary --front proxy --certificate /dev/null", "--front")]
    [InlineData("primary --colocated=yes", "--colocated")]
    [InlineData("primary worker-1", "worker-1")]
    [InlineData("primary --observe 9464", "--observe is '9464'; it must be an IP address and a port")]
    [InlineData("primary --dashboard 0.0.0.0:8080", "--dashboard is '0.0.0.0:8080'; it must be an IP address of this machine alone")]
    [InlineData("primary --dashboard --colocated", "--dashboard shows a directory of one silo: not with --colocated")]
    [InlineData("status --port 0", "--port is '0'; it must be a number from 1 to 65535")]
    [InlineData("reload --json", "--json")]
    [InlineData("primary --port 65535 --workers 2 --worker-ports", "65535")]
    [InlineData("primary --address nowhere", "--address")]
    [InlineData("primary --worker /nowhere.dll", "/nowhere.dll")]
    [InlineData("primary --cluster mysql", "--cluster is 'mysql'; it must be one of: postgres, redis")]
    [InlineData("primary --advertise 10.0.0.1", "--advertise is for a cluster of several machines: it needs --cluster")]
    [InlineData("primary --directory none", "--directory none is for a cluster of several machines: it needs --cluster")]
    [InlineData("primary --cluster redis", "--cluster needs --secret-file")]
    [InlineData("database init", "--connection-file")]
    [InlineData("directory --first-start=yes", "--first-start")]
    [InlineData("directory", "OrleansAdapter:Silo:SiloPort")]
    public async Task A_wrong_command_line_is_one_line_that_names_the_error_and_exit_code_2(string arguments, string named)
    {
        var (exitCode, output, error) = await ProgramRun.RunAsync("Silo", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains(named, Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_directory_for_temporary_files_whose_name_is_too_long_for_socket_files_is_named_and_left_empty()
    {
        var parent = Directory.CreateTempSubdirectory("oa-");
        var temporary = parent.CreateSubdirectory(new string('x', 100)).FullName;

        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "Silo", temporary, ["primary", "--workers", "1", "--port", RunningCluster.FreePort().ToString(CultureInfo.InvariantCulture)]);

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains("TMPDIR", Assert.Single(error.TrimEnd('\n').Split('\n')));
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        parent.Delete(recursive: true);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_emitter_that_is_not_told_where_the_system_is_says_so_rather_than_speak_to_nobody()
    {
        var (exitCode, output, error) = await ProgramRun.RunAsync("samples/Emitter", "/chat", "lobby", "said", "hello");

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains("OrleansAdapter__Directory__RunDirectory", Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("OrleansAdapter__Silo__GatewayPort", "65536")]
    [InlineData("OrleansAdapter__Silo__SiloPort", "text")]
    public async Task A_port_in_the_environment_that_is_none_is_named_and_nothing_is_left_behind(string variable, string value)
    {
        var temporary = Directory.CreateTempSubdirectory("oa-");

        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "Silo",
            [(variable, value), ("TMPDIR", temporary.FullName)],
            ["primary", "--workers", "1", "--port", RunningCluster.FreePort().ToString(CultureInfo.InvariantCulture)]);

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains($"{variable} is '{value}'", Assert.Single(error.TrimEnd('\n').Split('\n')));
        Assert.Empty(temporary.EnumerateFileSystemInfos());
        temporary.Delete();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_directory_with_a_port_that_is_text_names_the_setting()
    {
        var (exitCode, _, error) = await ProgramRun.RunAsync("Silo", [("OrleansAdapter__Silo__SiloPort", "text")], ["directory"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("OrleansAdapter:Silo:SiloPort", Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("primary --workers 0 --help")]
    public async Task Help_names_every_option(string arguments)
    {
        var (exitCode, output, error) = await ProgramRun.RunAsync("Silo", arguments.Split(' '));

        Assert.Equal(0, exitCode);
        Assert.Empty(error);
        Assert.All(
            [
                "--workers", "--port", "--worker-ports", "--address", "--balance", "--front", "--drain", "--hung", "--status-port", "--certificate", "--key",
                "--colocated", "--observe", "--dashboard", "--cluster", "--connection-file", "--secret-file", "--advertise", "--kubernetes", "--directory",
                "--worker",
            ],
            option => Assert.Contains(option + " ", output));
        string[] ofOtherRoles = arguments.StartsWith("primary", StringComparison.Ordinal) ? [] : ["--json", "--first-start"];
        Assert.All(ofOtherRoles, option => Assert.Contains(option + " ", output));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_port_of_the_dashboard_that_somebody_has_ends_the_primary_before_it_starts_anything()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "Silo", ["primary", "--port", $"{RunningCluster.FreePort()}", "--dashboard", $"{taken.LocalEndpoint}"]);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains($"--dashboard {taken.LocalEndpoint}: ", error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("OrleansAdapter__Directory__Gateways__0=127.0.0.1:1", "", "Gateways__0 is '127.0.0.1:1', and a primary on one machine")]
    [InlineData("OrleansAdapter__Directory__Address=10.0.0.1", "", "Address is '10.0.0.1', and a primary on one machine")]
    [InlineData("OrleansAdapter__Directory__Clustering=redis", "--cluster postgres", "--cluster is 'postgres', and the environment variable ")]
    public async Task What_the_environment_sets_is_not_overwritten_in_silence(string variable, string arguments, string named)
    {
        var parts = variable.Split('=');
        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "Silo",
            [(parts[0], parts[1])],
            ["primary", "--port", $"{RunningCluster.FreePort()}", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains(named, Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_that_is_started_alone_names_a_busy_port()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        var port = ((IPEndPoint)busy.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var (exitCode, _, error) = await ProgramRun.RunAsync("WebWorker", "--urls", $"http://127.0.0.1:{port}");

        Assert.Equal(1, exitCode);
        Assert.Contains(port, Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_with_a_gateway_that_is_no_address_names_the_option()
    {
        var (exitCode, _, error) = await ProgramRun.RunAsync("WebWorker", "--OrleansAdapter:Directory:Gateways:0", "nonsense");

        Assert.Equal(2, exitCode);
        Assert.Contains("DirectoryClusterOptions.Gateways has \"nonsense\"", Assert.Single(error.TrimEnd('\n').Split('\n')));
    }
}
