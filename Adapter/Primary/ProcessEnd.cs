using System.Diagnostics;

namespace OrleansAdapter.Primary;

/// <summary>The two ways in which a process that a primary started ends itself.</summary>
internal static class ProcessEnd
{
    /// <summary>How long an exit may take: the runtime and libraries do things at it, and may wait for a thread that waits for something else.
    /// Less than the primary waits for this process' end.</summary>
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(4);

    /// <summary>Ends the process, with success. Where that hangs, it is killed.</summary>
    public static void Exit()
    {
        new Thread(static () =>
        {
            Thread.Sleep(ExitLimit);
            Kill();
        })
        {
            IsBackground = true,
            Name = "Kills a process whose exit hangs",
        }.Start();
        Environment.Exit(0);
    }

    /// <summary>Ends the process, whatever it hangs in.</summary>
    public static void Kill() => Process.GetCurrentProcess().Kill();
}
