using Microsoft.Extensions.Configuration;

// The demonstration under Aspire: the primary starts the directory and two workers as ever, and all of them send their traces and metrics to Aspire's
// dashboard, because Aspire tells the primary where that is (OTEL_EXPORTER_OTLP_ENDPOINT), and its children have the same environment.
var builder = DistributedApplication.CreateBuilder(args);

var port = builder.Configuration.GetValue("Port", 3000);
builder.AddExecutable("orleansadapter", "dotnet", ".", ProgramOf<Projects.Silo>(), "primary", "--workers", "2", "--port", $"{port}", "--worker-ports")
    .WithEnvironment("ORLEANSADAPTER_WEBWORKER", ProgramOf<Projects.WebWorker>())
    .WithHttpEndpoint(port, isProxied: false)
    .WithHttpHealthCheck("/healthz/ready")
    .WithOtlpExporter();

await builder.Build().RunAsync();

// A program of this repository, as it was built together with this one.
static string ProgramOf<TProject>()
    where TProject : IProjectMetadata, new()
{
    var project = new TProject().ProjectPath;
    var framework = new DirectoryInfo(AppContext.BaseDirectory);
    return Path.Combine(
        Path.GetDirectoryName(project)!, "bin", framework.Parent!.Name, framework.Name, Path.GetFileNameWithoutExtension(project) + ".dll");
}
