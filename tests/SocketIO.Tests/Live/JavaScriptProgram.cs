using System.Diagnostics;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Programs of the official clients (tests/EndToEnd/clients) that test something by themselves.</summary>
internal static class JavaScriptProgram
{
    /// <summary>Runs one to its end; fails with what it wrote where it failed.</summary>
    /// <param name="arguments">The script, and what it is given.</param>
    public static async Task PassesAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = Checkout.JavaScriptClients,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(node.ExitCode == 0, $"{await output}\n{await errors}");
    }
}
