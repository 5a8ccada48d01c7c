namespace OrleansAdapter;

/// <summary>
/// A publish was refused before anything happened: too much waits for the directory already. Slow down, or raise
/// <see cref="OrleansAdapterOptions.PublishQueueLimit"/>; nothing was sent, so it may be tried again.
/// </summary>
public sealed class PublishQueueFullException(string @namespace, long limit)
    : Exception(
        $"More than {limit} bytes wait for the directory in \"{@namespace}\" (PublishQueueLimit); the publish was refused. Nothing was sent: try again later.");
