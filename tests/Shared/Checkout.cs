namespace OrleansAdapter.Testing;

/// <summary>
/// Where things lie in the checkout that this program was built from: told from where it lies, because source paths are mapped in CI.
/// </summary>
internal static class Checkout
{
    /// <summary>The repository's root, above where the program lies: &lt;project&gt;/bin/&lt;configuration&gt;/net10.0.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder with the JavaScript clients and their node_modules.</summary>
    public static string JavaScriptClients { get; } = Path.Combine(Root, "tests", "EndToEnd", "clients");

    /// <summary>The built program of a project, in the configuration of these tests.</summary>
    /// <param name="project">The project's folder.</param>
    public static string Program(string project) => Program(project, Path.GetFileName(project));

    /// <summary>The same of a project that is named otherwise than its folder.</summary>
    public static string Program(string project, string name) => Path.Combine(Root, project, "bin", Configuration, "net10.0", name + ".dll");

    /// <summary>Skips the running test unless test.sh has found Node.js and installed the JavaScript clients.</summary>
    public static void SkipWithoutNode() =>
        Assert.SkipUnless(HasNode, "Needs Node.js 20 and its clients, which test.sh installs (ORLEANSADAPTER_NODE is not 1).");

    /// <summary>Whether test.sh has found Node.js and installed the JavaScript clients.</summary>
    public static bool HasNode => string.Equals(Environment.GetEnvironmentVariable("ORLEANSADAPTER_NODE"), "1", StringComparison.Ordinal);

    /// <summary>The configuration in which these tests were built.</summary>
    public static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansAdapter.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout of OrleansAdapter.");
        }
        return folder.FullName;
    }
}
