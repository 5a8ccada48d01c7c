namespace OrleansAdapter.Fuzz;

/// <summary>Shows that a fault behind several conditions is found: chance alone would need millions of inputs.</summary>
internal sealed class Puzzle : Target
{
    private const string Solved = "solved";

    public override string Name => "puzzle";

    public override long Fewest => 3_000_000;

    protected override int Least => int.MaxValue;

    public override IEnumerable<byte[]> Seeds() => [new byte[8]];

    public override void Run(byte[] input)
    {
        if (input.Length > 2 && input[0] == 'f')
        {
            if (input[1] == 'u')
            {
                if (input[2] == 'z')
                {
                    throw new InvalidOperationException(Solved);
                }
            }
        }
    }

    public override bool IsFound(long inputs, int edges, string what)
    {
        Console.WriteLine($"fuzz: {Name}: the fault was found, as it has to be, after {inputs} inputs");
        return what.Contains(Solved, StringComparison.Ordinal);
    }

    public override bool Reached(int edges)
    {
        Console.WriteLine($"fuzz: {Name} FAILED: the fault was not found: the fuzzer does not see where it gets to ({edges} edges).");
        return false;
    }
}
