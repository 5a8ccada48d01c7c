namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>The checker can fail: each invariant that is broken on purpose is noticed, in a run that is right without that.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int Seeds = 10_000;

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_broken_on_purpose_is_noticed(string mutation)
    {
        var (faults, create) = Mutations.All[mutation];
        Assert.Subset(Mutations.All.Keys.ToHashSet(), Mutations.NoticedAt.Keys.ToHashSet());
        foreach (var seed in Enumerable.Range(0, Seeds).Prepend(Mutations.NoticedAt.GetValueOrDefault(mutation)))
        {
            if (SimulationRunner.Run(faults, seed, create()) is { } violation
                && SimulationRunner.Run(faults, seed, new Mutation { Conditions = create().Conditions }) is null)
            {
                output.WriteLine($"class {faults} seed {seed}: {violation}");
                return;
            }
        }
        Assert.Fail($"Nobody noticed in {Seeds} seeds of {faults}.");
    }

    public static TheoryData<string> Names() => [.. Mutations.All.Keys];
}
