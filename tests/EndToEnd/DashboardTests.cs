using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansAdapter.Instrumentation;
using OrleansAdapter.Silo.Observation;
using OrleansAdapter.Tests.Documentation;

namespace OrleansAdapter.EndToEnd;

/// <summary>The dashboard and the alerts in deploy/observe: they name metrics that there are, with tags and values that these have.</summary>
public sealed partial class DashboardTests
{
    private const string Document = "OPERATIONS.md";
    private const string Promtool = "/usr/bin/promtool";

    /// <summary>The tags of each metric, by its name in Prometheus; docs/OPERATIONS.md is itself compared with the code.</summary>
    private static readonly Dictionary<string, string[]> Metrics = ReadMetrics();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_metric_tag_and_value_that_they_ask_for_is_one_of_ours()
    {
        var values = (
            from row in MarkdownTables.Rows(Document, "metric", "tag", "values")
            from value in row[2].Split(", ")
            select (Metric: row[0].Replace('.', '_'), Tag: row[1], Value: value)).ToLookup(one => (one.Metric, one.Tag), one => one.Value);
        var expressions = Panels().SelectMany(Expressions).Concat(Alerts().Select(alert => alert.Expression)).ToArray();
        Assert.InRange(expressions.Length, 40, 200);
        Assert.All(expressions, expression =>
        {
            var named = MetricName().Matches(expression);
            Assert.NotEmpty(named);
            Assert.All(named, match => Assert.True(Metrics.ContainsKey(match.Value), $"{match.Value} is no metric: {expression}"));
            foreach (Match selector in Selector().Matches(expression))
            {
                var name = selector.Groups["metric"].Value;
                foreach (Match matcher in Matcher().Matches(selector.Groups["matchers"].Value))
                {
                    var tag = matcher.Groups["tag"].Value;
                    Assert.True(Metrics[name].Contains(tag), $"{name} has no tag {tag}: {expression}");
                    var known = values[(Bare(name), tag)].ToArray();
                    Assert.All(known.Length == 0 ? [] : matcher.Groups["value"].Value.Split('|'), value => Assert.Contains(value, known));
                }
            }
            var tags = named.SelectMany(match => Metrics[match.Value]).ToHashSet(StringComparer.Ordinal);
            foreach (Match by in By().Matches(expression))
            {
                Assert.All(by.Groups[1].Value.Split(", "), tag => Assert.True(tags.Contains(tag), $"no tag {tag} in: {expression}"));
            }
        });
    }

    [Fact]
    public void The_table_of_alerts_has_each_with_what_to_do()
    {
        var documented = MarkdownTables.Rows(Document, "alert", "severity", "what to do").Select(row => string.Join(" | ", row));
        Assert.Equal(Alerts().Select(alert => $"{alert.Name} | {alert.Severity} | {alert.WhatToDo}"), documented);
        Assert.All(Alerts(), alert => Assert.Contains(alert.Severity, (string[])["warning", "critical"]));
    }

    [Fact]
    public void The_dashboard_is_one_that_Grafana_can_show()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Deployed("grafana/orleansadapter.json")));
        var dashboard = document.RootElement;
        Assert.Equal(("orleansadapter", "OrleansAdapter"), (dashboard.GetProperty("uid").GetString(), dashboard.GetProperty("title").GetString()));
        Assert.InRange(dashboard.GetProperty("schemaVersion").GetInt32(), 36, 99);
        var sources = File.ReadAllText(Deployed("grafana/datasources.yml"));
        var panels = dashboard.GetProperty("panels").EnumerateArray().ToArray();
        Assert.Distinct(panels.Select(panel => panel.GetProperty("id").GetInt32()));
        HashSet<(int X, int Y)> taken = [];
        foreach (var panel in panels)
        {
            var place = panel.GetProperty("gridPos");
            var (x, y, w, h) = (Of("x"), Of("y"), Of("w"), Of("h"));
            Assert.InRange(x + w, 1, 24);
            Assert.True(Enumerable.Range(x, w).All(column => Enumerable.Range(y, h).All(line => taken.Add((column, line)))), $"{panel} lies on another one");
            if (panel.GetProperty("type").GetString() == "row")
            {
                continue;
            }
            Assert.Contains(panel.GetProperty("type").GetString(), (string[])["timeseries", "stat"]);
            Assert.NotEmpty(panel.GetProperty("description").GetString()!);
            var targets = panel.GetProperty("targets").EnumerateArray().ToArray();
            Assert.Distinct(targets.Select(target => target.GetProperty("refId").GetString()));
            Assert.All(targets.Append(panel), one =>
                Assert.Contains($"uid: {one.GetProperty("datasource").GetProperty("uid").GetString()}\n", sources, StringComparison.Ordinal));

            int Of(string name) => place.GetProperty(name).GetInt32();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Prometheus_takes_the_rules()
    {
        FullRun.Needed("That their metrics are ours is tested in every run.");
        Assert.SkipUnless(File.Exists(Promtool), $"NOT TESTED HERE: {Promtool} (package prometheus) is missing.");
        var start = new ProcessStartInfo(Promtool, ["check", "config", "prometheus.yml"])
        {
            WorkingDirectory = Deployed(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var report = await process.StandardOutput.ReadToEndAsync(Cancellation) + await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, report);
        Assert.Contains($"{Alerts().Length} rules found", report, StringComparison.Ordinal);
    }

    private static string Deployed(string file) => Path.Combine(Checkout.Root, "deploy", "observe", file);

    private static Dictionary<string, string[]> ReadMetrics()
    {
        var metrics = new Dictionary<string, string[]>(StringComparer.Ordinal) { ["orleansadapter_process_up"] = ["process"] };
        foreach (var header in new[] { "metric", "metric of the primary" })
        {
            foreach (var row in MarkdownTables.Rows(Document, header, "kind", "unit", "tags", "what it counts"))
            {
                var kind = row[1] switch { "counter" => MetricKind.Counter, "histogram" => MetricKind.Histogram, _ => MetricKind.Gauge };
                var name = PrometheusText.NameOf(row[0], kind, row[2]);
                string[] tags = ["process", .. row[3] == "–" ? [] : row[3].Split(", ")];
                if (kind == MetricKind.Histogram)
                {
                    (metrics[name + "_bucket"], metrics[name + "_sum"], metrics[name + "_count"]) = ([.. tags, "le"], tags, tags);
                }
                else
                {
                    metrics[name] = tags;
                }
            }
        }
        return metrics;
    }

    private static JsonElement[] Panels()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Deployed("grafana/orleansadapter.json")));
        return [.. document.RootElement.GetProperty("panels").EnumerateArray().Select(panel => panel.Clone())];
    }

    private static IEnumerable<string> Expressions(JsonElement panel) =>
        panel.TryGetProperty("targets", out var targets) ? targets.EnumerateArray().Select(target => target.GetProperty("expr").GetString()!) : [];

    private static (string Name, string Expression, string Severity, string WhatToDo)[] Alerts() =>
    [
        .. Alert().Matches(File.ReadAllText(Deployed("orleansadapter.rules.yml"))).Select(match => (
            match.Groups["name"].Value,
            match.Groups["expression"].Value,
            match.Groups["severity"].Value,
            match.Groups["description"].Value.Replace("''", "'", StringComparison.Ordinal))),
    ];

    /// <summary>The metric without what its unit and kind add to its name in Prometheus.</summary>
    private static string Bare(string name) => Suffix().Replace(name, "");

    [GeneratedRegex(@"\borleansadapter_\w+", RegexOptions.None, 1000)]
    private static partial Regex MetricName();

    [GeneratedRegex(@"(?<metric>orleansadapter_\w+)\{(?<matchers>[^}]*)\}", RegexOptions.None, 1000)]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<tag>\w+)(=~|!~|!=|=)""(?<value>[^""]*)""", RegexOptions.None, 1000)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\bby \(([^)]*)\)", RegexOptions.None, 1000)]
    private static partial Regex By();

    [GeneratedRegex(@"(_(seconds|bytes|milliseconds))?(_(total|bucket|sum|count))?$", RegexOptions.None, 1000)]
    private static partial Regex Suffix();

    [GeneratedRegex(
        @"- alert: OrleansAdapter(?<name>\w+)\n +expr: '(?<expression>[^\n]*)'\n( +for: \w+\n)? +labels:\n +severity: (?<severity>\w+)\n +annotations:\n"
        + @" +summary: '[^\n]+'\n +description: '(?<description>[^\n]+)'\n",
        RegexOptions.None,
        1000)]
    private static partial Regex Alert();
}
