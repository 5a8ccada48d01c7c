using System.Net;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>
/// What a pod is told of itself by its environment, with the names that Orleans has for it (Microsoft.Orleans.Hosting.Kubernetes): deploy/kubernetes.yaml
/// sets them.
/// </summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">Its uid: that of this one pod, also where another one has its name later.</param>
/// <param name="Namespace">The namespace of Kubernetes that it is in.</param>
/// <param name="Address">Its address.</param>
/// <param name="ServiceId">The Orleans service id, which is a label of all pods of the cluster as well.</param>
/// <param name="ClusterId">The Orleans cluster id, likewise.</param>
internal sealed record PodEnvironment(string Name, string Uid, string Namespace, IPAddress Address, string ServiceId, string ClusterId)
{
    public const string NameVariable = "POD_NAME";
    public const string UidVariable = "POD_UID";
    public const string NamespaceVariable = "POD_NAMESPACE";
    public const string AddressVariable = "POD_IP";
    public const string ServiceVariable = "ORLEANS_SERVICE_ID";
    public const string ClusterVariable = "ORLEANS_CLUSTER_ID";

    /// <exception cref="OptionsException">A variable is missing or wrong.</exception>
    public static PodEnvironment Read() => new(
        Of(NameVariable, "metadata.name", name => name.Length <= PodId.LongestName, $"longer than {PodId.LongestName} characters"),
        Of(UidVariable, "metadata.uid", uid => Guid.TryParseExact(uid, "D", out _), "no uid of a pod"),
        Of(NamespaceVariable, "metadata.namespace"),
        IPAddress.Parse(Of(AddressVariable, "status.podIP", address => IPAddress.TryParse(address, out _), "no IP address")),
        Of(ServiceVariable, "metadata.labels['orleans/serviceId']"),
        Of(ClusterVariable, "metadata.labels['orleans/clusterId']"));

    private static string Of(string variable, string field, Func<string, bool> isValid, string wrong) => Of(variable, field) is var value && isValid(value)
        ? value
        : throw new OptionsException($"the environment variable {variable} is '{value}', which is {wrong}; Kubernetes knows it as the field {field}");

    private static string Of(string variable, string field) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        ? value
        : throw new OptionsException(
            $"--kubernetes needs the environment variable {variable}, which the pod's manifest takes from the field {field} (see deploy/kubernetes.yaml)");
}
