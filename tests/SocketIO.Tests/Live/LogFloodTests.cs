using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Nothing that a client does floods the log.</summary>
public sealed partial class LogFloodTests
{
    private const int Events = 2_000;

    [Fact]
    public async Task A_flood_of_events_whose_handler_fails_is_a_few_lines_and_a_count()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.On("bad", (int number) =>
        {
            throw new InvalidOperationException($"number {number}");
        }));
        var (client, _) = await cluster[0].JoinAsync();
        await using var sender = client;
        for (var i = 0; i < Events; i++)
        {
            await client.SendAsync($"42[\"bad\",{i}]");
        }

        // All are told of at last, in lines of their own or as a number.
        while (Lines() + LeftOut() < Events)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken); // the count comes when the second is over
        }
        Assert.Equal(Events, Lines() + LeftOut());
        Assert.InRange(Lines(), 10, Events / 4);

        int Lines() => cluster[0].Log.Errors.Count(line => line.Contains("a handler of \"bad\" failed", StringComparison.Ordinal));
        int LeftOut() => cluster[0].Log.Errors.Select(line => Count().Match(line)).Where(match => match.Success)
            .Sum(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"(\d+) more lines like this one were left out within a second \(event 120, HandlerFailed\)", RegexOptions.None, 1000)]
    private static partial Regex Count();
}
