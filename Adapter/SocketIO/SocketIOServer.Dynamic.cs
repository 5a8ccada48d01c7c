using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansAdapter.SocketIO;

/// <content>Namespaces that come and go with the clients that ask for them.</content>
public sealed partial class SocketIOServer : IDisposable
{
    /// <summary>
    /// How long a child namespace has been empty when it is removed: clients that come back at once find it, and names cost the directory something.
    /// </summary>
    private static readonly TimeSpan EmptyFor = TimeSpan.FromSeconds(10);

    private readonly ITimer? _sweep;
    private DynamicNamespace[] _dynamic = [];
    private int _dynamicCount;
    private bool _isFull;

    /// <summary>
    /// All namespaces whose names match: each is made when the first client asks for it. What is returned stands for all that come, and is to be given
    /// middlewares and listeners before clients do; it cannot be broadcast to.
    /// </summary>
    public DynamicNamespace Of(Regex pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Add(new DynamicNamespace((name, _) => ValueTask.FromResult(pattern.IsMatch(name)), this, pattern));
    }

    /// <summary>
    /// All namespaces for which the predicate, given the name and the client's auth payload, is true; the same as with a pattern otherwise. It is asked for
    /// the client that brings a namespace into being; whom else to let in, middlewares decide.
    /// </summary>
    public DynamicNamespace Of(Func<string, JsonElement, ValueTask<bool>> predicate) => Add(new DynamicNamespace(predicate, this, null));

    /// <inheritdoc/>
    public void Dispose() => _sweep?.Dispose();

    /// <summary>The namespace that a client asks for, which it uses until <see cref="SocketIONamespace.EndUse"/>; null if there is none.</summary>
    /// <exception cref="ConnectErrorException">The client, or all together, have brought too many namespaces into being.</exception>
    internal async ValueTask<SocketIONamespace?> ResolveAsync(string name, JsonElement auth, NamespaceQuota quota)
    {
        if (UseKnown(name) is { } known)
        {
            return known;
        }
        if (!IsPossible(name))
        {
            return null;
        }
        foreach (var dynamic in _dynamic)
        {
            if (await dynamic.Allows(name, auth).ConfigureAwait(false))
            {
                return UseChild(name, dynamic.Template, quota);
            }
        }
        return null;
    }

    /// <summary>A namespace that is there, if it is; one that is just being removed is not.</summary>
    private SocketIONamespace? UseKnown(string name) => _namespaces.TryGetValue(name, out var known) && known.TryUse() ? known : null;

    private DynamicNamespace Add(DynamicNamespace added)
    {
        lock (_lock)
        {
            _dynamic = [.. _dynamic, added];
        }
        return added;
    }

    private SocketIONamespace UseChild(string name, SocketIONamespace template, NamespaceQuota quota)
    {
        SocketIONamespace added;
        lock (_lock)
        {
            if (UseKnown(name) is { } known)
            {
                return known;
            }
            if (quota.Made >= Options.DynamicNamespacesPerConnection)
            {
                throw new ConnectErrorException(
                    $"Too many namespaces: one connection may bring {Options.DynamicNamespacesPerConnection} into being (MaxDynamicNamespacesPerConnection)");
            }
            if (_dynamicCount >= Options.MaxDynamicNamespaces)
            {
                // Once, however many ask.
                if (!_isFull)
                {
                    SocketIOLog.TooManyNamespaces(Logger, name, Options.MaxDynamicNamespaces);
                }
                _isFull = true;
                throw new ConnectErrorException("Too many namespaces on this server (MaxDynamicNamespaces)");
            }
            _dynamicCount++;
            quota.Made++;
            added = NewChild(name, template, quota);
            added.TryUse();
        }
        NewNamespace?.Invoke(added);
        return added;
    }

    /// <summary>For callers that hold the lock.</summary>
    private SocketIONamespace NewChild(string name, SocketIONamespace template, NamespaceQuota? quota)
    {
        var users = Options.CleanupEmptyChildNamespaces ? new NamespaceUsers(Time) : null;
        return _namespaces[name] = new SocketIONamespace(this, _cluster.Of(name, mayBeRemoved: users is not null), template, users) { Quota = quota };
    }

    /// <summary>Removes the children in which nobody has been for so long.</summary>
    internal void RemoveEmpty(TimeSpan emptyFor)
    {
        foreach (var (name, child) in _namespaces)
        {
            lock (_lock)
            {
                if (!(child.Core.IsKept || child.Core.IsIdle) || !child.TryRemove(emptyFor))
                {
                    continue;
                }
                _namespaces.TryRemove(name, out _);
                _isFull = false;
                if (child.Quota is { } quota)
                {
                    _dynamicCount--;
                    quota.Made--;
                }
                _cluster.Remove(child.Core);
            }
            SocketIOLog.NamespaceRemoved(Logger, name);
        }
    }
}
