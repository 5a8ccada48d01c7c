using System.Globalization;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// The real home and the real servers on a simulated network, by seed. ORLEANSADAPTER_FULL=1 runs many more seeds; ORLEANSADAPTER_SEEDS and
/// ORLEANSADAPTER_FIRST say how many and from which one; ORLEANSADAPTER_CLASS and ORLEANSADAPTER_SEED run one alone, with a trace.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 600;
    private const int FullSeeds = 30_000;

    [Theory]
    [MemberData(nameof(AllClasses))]
    public void Every_promise_holds_whatever_goes_wrong(FaultClass faults)
    {
        if (Variable("ORLEANSADAPTER_CLASS") is { } only && Enum.Parse<FaultClass>(only, ignoreCase: true) != faults)
        {
            Assert.Skip($"ORLEANSADAPTER_CLASS is {only}.");
        }
        if (Variable("ORLEANSADAPTER_SEED") is { } alone)
        {
            RunAlone(faults, Number(alone));
            return;
        }
        var count = Variable("ORLEANSADAPTER_SEEDS") is { } seeds ? Number(seeds) : FullRun.IsOn ? FullSeeds : Seeds;
        var report = SimulationRunner.Run(faults, Variable("ORLEANSADAPTER_FIRST") is { } first ? Number(first) : 0, count);
        output.WriteLine(report.ToString());
        Assert.True(report.Violations.Count == 0, report.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Trace(), Trace());

        static List<string> Trace()
        {
            List<string> lines = [];
            SimulationRunner.Run(FaultClass.Everything, seed: 4711, trace: lines.Add);
            return lines;
        }
    }

    public static TheoryData<FaultClass> AllClasses() => [.. Enum.GetValues<FaultClass>()];

    private void RunAlone(FaultClass faults, int seed)
    {
        var violation = SimulationRunner.Run(faults, seed, trace: output.WriteLine);
        Assert.True(violation is null, $"class {faults} seed {seed}: {violation}");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
