namespace OrleansAdapter.Silo.Primary;

/// <summary>Says that it is time to stop, and how fast.</summary>
/// <param name="Token">It is time to end.</param>
/// <param name="Hurry">There is no time for clients to be moved elsewhere.</param>
/// <param name="Force">There is no time at all.</param>
internal sealed record Stop(CancellationToken Token, CancellationToken Hurry, CancellationToken Force)
{
    /// <summary>Returns the first task that completes; null when it is time to stop.</summary>
    public static async Task<Task?> AnyAsync(CancellationToken stopping, params IEnumerable<Task> tasks)
    {
        try
        {
            return await Task.WhenAny(tasks).WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
