using System.Text.RegularExpressions;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

/// <summary>Socket.IO's admin UI, as the npm package has it, over three workers: with <c>--observe</c>, and for who knows the password of the run.</summary>
public sealed partial class AdminTests(AdminTests.ObservedCluster shared) : IClassFixture<AdminTests.ObservedCluster>
{
    [Fact(Timeout = 180_000)]
    public async Task In_a_browser_somebody_logs_in_and_sees_clients_of_both_kinds_makes_them_join_leave_and_go_and_sees_the_metrics_of_all_processes()
    {
        Checkout.SkipWithoutNode();
        await PageSuite.RunAsync("admin.mjs", shared.Page, shared.Server, shared.Username, shared.Password, shared.Metrics, Worker(1), Worker(2), Worker(3));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_official_client_is_told_all_that_the_page_is_told()
    {
        Checkout.SkipWithoutNode();
        await PageSuite.RunNodeAsync("admin-wire.mjs", shared.Server, shared.Username, shared.Password, Worker(1), Worker(2));
    }

    private string Worker(int number) => shared.Cluster.Url(number);

    /// <summary>Three workers that are observed.</summary>
    public sealed class ObservedCluster : IAsyncLifetime
    {
        internal RunningCluster Cluster { get; private set; } = null!;

        internal string Metrics { get; private set; } = "";

        internal string Page { get; private set; } = "";

        internal string Server { get; private set; } = "";

        internal string Username { get; private set; } = "";

        internal string Password { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            if (!Checkout.HasNode)
            {
                return; // there is no page then, and the tests are skipped
            }
            var metrics = $"127.0.0.1:{RunningCluster.FreePort()}";
            Cluster = await RunningCluster.StartAsync("--observe", metrics);
            Metrics = $"http://{metrics}/metrics";
            var match = AdminLine().Match((await Cluster.LineAsync("admin  ")).Text);
            Assert.True(match.Success, Cluster.Said);
            (Page, Server, Username, Password) =
                (match.Groups["page"].Value, match.Groups["server"].Value, match.Groups["username"].Value, match.Groups["password"].Value);
        }

        public async ValueTask DisposeAsync()
        {
            if (Cluster is not null)
            {
                await Cluster.DisposeAsync();
            }
        }
    }

    [GeneratedRegex(@"^admin  (?<page>\S+)  server URL (?<server>\S+), username (?<username>\S+), password (?<password>\S+)$", RegexOptions.None, 1000)]
    private static partial Regex AdminLine();
}
