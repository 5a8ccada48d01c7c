namespace OrleansAdapter.Primary;

/// <summary>Hears what the process at the other end of this one's standard input says, and sees its end.</summary>
/// <remarks>
/// Linux could also send a signal (<c>PR_SET_PDEATHSIG</c>), but it does so when the <i>thread</i> that started the child ends, and .NET starts
/// processes on pool threads, which come and go.
/// </remarks>
internal static class ParentWatch
{
    private const int StackBytes = 256 << 10;

    /// <summary>Calls back on a thread of its own.</summary>
    /// <param name="gone">When standard input has ended: the thread is this callback's to keep.</param>
    /// <param name="said">For each line. It returns at once.</param>
    public static void Start(Action gone, Action<string>? said = null)
    {
        var thread = new Thread(() => Watch(gone, said), StackBytes) { IsBackground = true, Name = "Watches the primary" };
        thread.Start();
    }

    private static void Watch(Action gone, Action<string>? said)
    {
        try
        {
            using var input = new StreamReader(Console.OpenStandardInput());
            while (input.ReadLine() is { } line)
            {
                said?.Invoke(line);
            }
        }
        catch (IOException)
        {
            // As good as its end.
        }
        gone();
    }
}
