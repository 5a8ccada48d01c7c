using System.Diagnostics;

namespace OrleansAdapter.EndToEnd;

public sealed class CheckoutTests
{
    [Theory]
    [InlineData("Silo")]
    [InlineData("WebWorker")]
    public void The_programs_lie_where_run_sh_looks_for_them(string project) =>
        Assert.True(File.Exists(Checkout.Program(project)), $"{Checkout.Program(project)} was not built.");

    [Fact]
    public async Task The_installed_JavaScript_clients_can_be_loaded()
    {
        Checkout.SkipWithoutNode();
        var start = new ProcessStartInfo("node") { WorkingDirectory = Checkout.JavaScriptClients, RedirectStandardOutput = true };
        start.ArgumentList.Add("--eval");
        start.ArgumentList.Add("import('@microsoft/signalr').then(signalr => console.log(typeof signalr.HubConnectionBuilder))");

        using var node = Process.Start(start)!;
        var output = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("function", output.Trim());
    }
}
