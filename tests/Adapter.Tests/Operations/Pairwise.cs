namespace OrleansAdapter.Tests.Operations;

/// <summary>
/// Few combinations of many factors: each two values of different factors occur together in one at least. The same factors give the same table.
/// </summary>
internal static class Pairwise
{
    /// <param name="counts">How many values each factor has.</param>
    public static List<int[]> Table(params int[] counts)
    {
        var left = Pairs(counts);
        List<int[]> table = [];
        while (left.Count > 0)
        {
            var row = Row(counts, left, table.Count);
            table.Add(row);
            left.RemoveWhere(pair => row[pair.First] == pair.Value && row[pair.Second] == pair.Other);
        }
        return table;
    }

    /// <summary>Every two values of different factors.</summary>
    public static SortedSet<(int First, int Value, int Second, int Other)> Pairs(int[] counts)
    {
        SortedSet<(int, int, int, int)> pairs = [];
        for (var first = 0; first < counts.Length; first++)
        {
            for (var second = first + 1; second < counts.Length; second++)
            {
                for (var i = 0; i < counts[first] * counts[second]; i++)
                {
                    pairs.Add((first, i / counts[second], second, i % counts[second]));
                }
            }
        }
        return pairs;
    }

    /// <summary>Begins with a pair that is missing, and gives every other factor the value that meets most of what is missing still.</summary>
    private static int[] Row(int[] counts, SortedSet<(int First, int Value, int Second, int Other)> left, int turn)
    {
        var row = Enumerable.Repeat(-1, counts.Length).ToArray();
        var (first, value, second, other) = left.Min;
        (row[first], row[second]) = (value, other);
        for (var factor = 0; factor < counts.Length; factor++)
        {
            if (row[factor] < 0)
            {
                row[factor] = Enumerable.Range(0, counts[factor]).Select(i => (i + turn) % counts[factor]).MaxBy(candidate => Met(factor, candidate));
            }
        }
        return row;

        int Met(int factor, int candidate) => Enumerable.Range(0, counts.Length).Count(with =>
            row[with] >= 0 && left.Contains(with < factor ? (with, row[with], factor, candidate) : (factor, candidate, with, row[with])));
    }
}

public sealed class PairwiseTests
{
    [Theory]
    [InlineData(2, 2)]
    [InlineData(10, 6, 2, 3, 2)]
    [InlineData(3, 3, 3, 3)]
    public void Every_two_values_occur_together_and_rows_are_few(params int[] counts)
    {
        var table = Pairwise.Table(counts);
        Assert.All(Pairwise.Pairs(counts), pair => Assert.Contains(table, row => row[pair.First] == pair.Value && row[pair.Second] == pair.Other));
        var largest = counts.OrderDescending().Take(2).Aggregate((a, b) => a * b);
        Assert.InRange(table.Count, largest, 2 * largest);
        Assert.Equal(table, Pairwise.Table(counts));
    }
}
