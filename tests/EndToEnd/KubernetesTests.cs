using System.Security.Cryptography;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Grains;
using OrleansAdapter.Silo.Kubernetes;
using YamlDotNet.RepresentationModel;

namespace OrleansAdapter.EndToEnd;

/// <summary>What a primary takes from a pod, what it refuses, and the manifest that gives it that. No Kubernetes is at hand.</summary>
public sealed class KubernetesTests : IDisposable
{
    private const string Uid = "0b3b4b8e-5b1c-4a6e-9d0e-3c2f1a0b9d8c";
    private const string Named = "POD_NAME=a POD_UID=" + Uid;
    private const string Pod = "POD_NAME=chat-1 POD_UID=" + Uid + " POD_NAMESPACE=chat POD_IP=127.0.0.1 ORLEANS_SERVICE_ID=chat ORLEANS_CLUSTER_ID=blue";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("oa-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory(Timeout = 120_000)]
    [InlineData("", "", "--kubernetes needs the environment variable POD_NAME, which the pod's manifest takes from the field metadata.name")]
    [InlineData("POD_NAME=a POD_NAMESPACE=b", "", "needs the environment variable POD_UID, which the pod's manifest takes from the field metadata.uid")]
    [InlineData("POD_NAME=a POD_UID=a", "", "the environment variable POD_UID is 'a', which is no uid of a pod; Kubernetes knows it as the field metadata.uid")]
    [InlineData(
        "POD_NAME=a-name-that-is-longer-than-the-sixty-three-characters-that-Deployments-give",
        "",
        "-that-Deployments-give', which is longer than 63 characters; Kubernetes knows it as the field metadata.name")]
    [InlineData(Named + " POD_NAMESPACE=b", "", "needs the environment variable POD_IP, which the pod's manifest takes from the field status.podIP")]
    [InlineData(Named + " POD_NAMESPACE=b POD_IP=here", "", "the environment variable POD_IP is 'here', which is no IP address")]
    [InlineData(Named + " POD_NAMESPACE=b POD_IP=10.0.0.1", "", "ORLEANS_SERVICE_ID, which the pod's manifest takes from the field metadata.labels['orleans")]
    [InlineData(Pod, "--advertise 127.0.0.2", "--advertise is '127.0.0.2', and with --kubernetes the address is the pod's own, 127.0.0.1, of POD_IP")]
    [InlineData(Pod + " OrleansAdapter__Directory__Address=10.0.0.1", "", "OrleansAdapter__Directory__Address is '10.0.0.1', and with --kubernetes")]
    [InlineData(Pod + " OrleansAdapter__Directory__ClusterId=red", "", "ClusterId is 'red', and ORLEANS_CLUSTER_ID is 'blue', which --kubernetes takes")]
    [InlineData(Pod, "", "--kubernetes is for a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT")]
    public async Task What_is_missing_wrong_or_said_twice_is_refused_with_a_sentence(string environment, string arguments, string named)
    {
        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "Silo",
            [.. environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]))],
            [
                "primary", "--port", $"{RunningCluster.FreePort()}", "--cluster", "redis", "--connection-file", File("connection", "127.0.0.1:1"),
                "--secret-file", File("secret", Convert.ToBase64String(RandomNumberGenerator.GetBytes(48))), "--kubernetes",
                .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ]);

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains(named, Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    /// <summary>Nobody has applied it. It is YAML, and what it says in one place goes with what it says in others and with what the primary reads.</summary>
    [Fact]
    public void The_manifest_gives_the_pods_what_they_ask_for()
    {
        var documents = Documents();
        YamlMappingNode Of(string kind) => Assert.Single(documents, document => Text(document, "kind") == kind);

        var (account, role, binding, deployment) = (Of("ServiceAccount"), Of("Role"), Of("RoleBinding"), Of("Deployment"));
        var template = Map(deployment, "spec", "template");
        var container = (YamlMappingNode)((YamlSequenceNode)Map(template, "spec")["containers"]).Single();

        // Who asks may read pods, and nothing else.
        var rule = (YamlMappingNode)((YamlSequenceNode)role["rules"]).Single();
        Assert.Equal([""], Texts(rule["apiGroups"]));
        Assert.Equal(["pods"], Texts(rule["resources"]));
        Assert.Equal(["get", "list", "watch"], Texts(rule["verbs"]));
        Assert.Equal(("Role", Text(role, "metadata", "name")), (Text(binding, "roleRef", "kind"), Text(binding, "roleRef", "name")));
        var subject = (YamlMappingNode)((YamlSequenceNode)binding["subjects"]).Single();
        Assert.Equal(("ServiceAccount", Text(account, "metadata", "name")), (Text(subject, "kind"), Text(subject, "name")));
        Assert.Equal(Text(account, "metadata", "name"), Text(template, "spec", "serviceAccountName"));
        Assert.Equal("true", Text(template, "spec", "automountServiceAccountToken"));

        // The environment is what --kubernetes reads, and the labels are there that it takes.
        var environment = ((YamlSequenceNode)container["env"]).Cast<YamlMappingNode>().ToDictionary(variable => Text(variable, "name"));
        var fields = environment.Where(variable => variable.Value.Children.ContainsKey("valueFrom"))
            .ToDictionary(variable => variable.Key, variable => Text(variable.Value, "valueFrom", "fieldRef", "fieldPath"));
        Assert.Equal(
            [
                (PodEnvironment.ClusterVariable, "metadata.labels['orleans/clusterId']"),
                (PodEnvironment.ServiceVariable, "metadata.labels['orleans/serviceId']"),
                (PodEnvironment.AddressVariable, "status.podIP"),
                (PodEnvironment.NameVariable, "metadata.name"),
                (PodEnvironment.NamespaceVariable, "metadata.namespace"),
                (PodEnvironment.UidVariable, "metadata.uid"),
            ],
            fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => (field.Key, field.Value)));
        var labels = Map(template, "metadata", "labels");
        Assert.Equal(["app", "orleans/clusterId", "orleans/serviceId"], labels.Children.Keys.Select(key => key.ToString()).Order(StringComparer.Ordinal));
        Assert.Contains("--kubernetes", Texts(container["args"]));

        // All that select pods select these, and the settings are options.
        foreach (var selected in new[] { Map(deployment, "spec", "selector", "matchLabels"), Map(Of("Service"), "spec", "selector") })
        {
            Assert.All(selected, label => Assert.Equal(label.Value, labels[label.Key]));
        }
        const string prefix = "OrleansAdapter__Directory__";
        var set = environment.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).ToArray();
        Assert.Equal(["Clustering", "ConnectionFile", "SecretFile"], set.Order(StringComparer.Ordinal));
        Assert.All(set, name => Assert.NotNull(typeof(DirectoryClusterOptions).GetProperty(name)));
        Assert.Contains(Text(environment[prefix + "Clustering"], "value"), Clustering.Names);
    }

    private static YamlMappingNode[] Documents()
    {
        var stream = new YamlStream();
        using var reader = System.IO.File.OpenText(Path.Combine(Checkout.Root, "deploy", "kubernetes.yaml"));
        stream.Load(reader);
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    private static YamlMappingNode Map(YamlNode node, params string[] path) => (YamlMappingNode)path.Aggregate(node, (at, name) => at[name]);

    private static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)path.Aggregate(node, (at, name) => at[name])).Value!;

    private static IEnumerable<string> Texts(YamlNode sequence) => ((YamlSequenceNode)sequence).Select(item => Text(item));

    private string File(string name, string text)
    {
        var path = Path.Combine(_directory.FullName, name);
        System.IO.File.WriteAllText(path, text);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
