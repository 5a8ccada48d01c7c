using System.Reflection;
using Orleans.Hosting;

namespace OrleansAdapter.Grains;

/// <summary>Keeps the list of the cluster's silos where all machines find it. Each comes in a package of its own, because it brings a driver.</summary>
internal abstract class Clustering
{
    private static readonly Dictionary<string, string> Packages = new(StringComparer.OrdinalIgnoreCase)
    {
        ["postgres"] = "OrleansAdapter.PostgreSQL",
        ["redis"] = "OrleansAdapter.Redis",
    };

    /// <summary>The names that <see cref="DirectoryClusterOptions.Clustering"/> may have.</summary>
    public static IEnumerable<string> Names => Packages.Keys;

    /// <summary>Finds a kind of clustering by its name.</summary>
    /// <exception cref="NotSupportedException">There is none of this name, or the program lacks its package. The message says which.</exception>
    public static Clustering Named(string name)
    {
        if (!Packages.TryGetValue(name, out var package))
        {
            throw new NotSupportedException($"is \"{name}\"; it must be one of: {string.Join(", ", Names)}.");
        }
        try
        {
            var type = Assembly.Load(package).GetCustomAttribute<ClusteringAttribute>()!.Type;
            return (Clustering)Activator.CreateInstance(type)!;
        }
        catch (FileNotFoundException exception)
        {
            throw new NotSupportedException($"is \"{name}\", and this program does not reference the package {package}.", exception);
        }
    }

    /// <summary>Reads a connection string, and completes it with short limits of time, which a failing database must not exceed.</summary>
    /// <exception cref="FormatException">It cannot be read; so says an <see cref="ArgumentException"/>, too.</exception>
    public abstract string Complete(string connectionString);

    /// <summary>Makes a silo use it.</summary>
    public abstract void Configure(ISiloBuilder silo, string connectionString);

    /// <summary>Makes a client find its silos there.</summary>
    public abstract void Configure(IClientBuilder client, string connectionString);
}

/// <summary>Says which type of an assembly is its <see cref="Clustering"/>.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class ClusteringAttribute(Type type) : Attribute
{
    public Type Type => type;
}
