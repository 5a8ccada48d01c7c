namespace OrleansAdapter.Grains.Supervision;

/// <summary>Sees the end of the process that holds the other end of this one's standard input.</summary>
/// <remarks>
/// Linux could also send a signal (<c>PR_SET_PDEATHSIG</c>), but it does so when the <i>thread</i> that started the child ends, and .NET starts
/// processes on pool threads, which come and go.
/// </remarks>
internal static class ParentWatch
{
    private const int StackBytes = 256 << 10;

    /// <summary>Calls back when standard input has ended, on a thread that is the callback's to keep.</summary>
    public static void Start(Action gone)
    {
        var thread = new Thread(() => Watch(gone), StackBytes) { IsBackground = true, Name = "Watches the primary" };
        thread.Start();
    }

    private static void Watch(Action gone)
    {
        try
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[256];
            while (input.Read(ignored) > 0)
            {
                // Nothing is ever said there.
            }
        }
        catch (IOException)
        {
            // As good as its end.
        }
        gone();
    }
}
