using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.Fuzz;

// Fuzzes what reads bytes of others: frames, payloads and packets of clients, request lines, and messages between servers.
//   fuzz [--seconds N] [--seed S] [--target NAME] [--corpus FOLDER]
// Copies itself with instrumented assemblies into a folder of its own, and runs there. With a folder, inputs that reach something new are added to it.
// Ends with code 1 where a target failed; the input is shown and kept.
const string InstrumentedOnly = "--instrumented";

var options = new Dictionary<string, string> { ["--seconds"] = "15", ["--seed"] = "1", ["--target"] = "", ["--corpus"] = "" };
var isInstrumented = args is [InstrumentedOnly, ..];
var given = isInstrumented ? args[1..] : args;
for (var i = 0; i + 1 < given.Length; i += 2)
{
    if (!options.ContainsKey(given[i]))
    {
        Console.Error.WriteLine($"fuzz: unknown option '{given[i]}'; there are {string.Join(", ", options.Keys)}");
        return 64;
    }
    options[given[i]] = given[i + 1];
}
if (isInstrumented)
{
    return Campaign.Run(
        TimeSpan.FromSeconds(double.Parse(options["--seconds"], CultureInfo.InvariantCulture)),
        int.Parse(options["--seed"], CultureInfo.InvariantCulture),
        options["--target"],
        options["--corpus"]);
}
using var copy = InstrumentedCopy.Make();
var start = new ProcessStartInfo(Environment.ProcessPath!, [copy.Program, InstrumentedOnly, .. given]);
using var process = Process.Start(start)!;
await process.WaitForExitAsync();
return process.ExitCode;
