namespace OrleansAdapter.Testing;

/// <summary>
/// How many bytes this thread allocates for something: the least of three runs. A collection that another thread begins takes this thread's allocation buffer
/// away, and what was left in it counts as allocated: up to 8 KB, in one run of them.
/// </summary>
internal static class Allocated
{
    /// <summary>How often what is measured is run.</summary>
    public const int Runs = 3;

    /// <summary>The bytes for all of what is done in one run.</summary>
    public static long By(Action run) => Enumerable.Range(0, Runs).Min(_ =>
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });

    /// <summary>The bytes for an operation, done so many times; it is done once before, to be warm.</summary>
    public static long ByEach(int times, Action operation)
    {
        operation();
        return By(() =>
        {
            for (var i = 0; i < times; i++)
            {
                operation();
            }
        }) / times;
    }
}
