namespace OrleansAdapter.Namespaces;

/// <summary>
/// What may wait for the home of one namespace, in bytes. Each publish and each request has its share from before it has a place in the order until the home
/// has answered; what does not fit is refused, and nothing has happened.
/// </summary>
internal sealed class PublishBudget(string @namespace, OrleansAdapterOptions options, AdapterMetrics metrics)
{
    private long _bytes;

    /// <exception cref="ArgumentException">The operation is too large.</exception>
    /// <exception cref="PublishQueueFullException">Too much waits already.</exception>
    public void Reserve(Operation operation)
    {
        if (operation.Size > options.MaximumPacketSize)
        {
            throw new ArgumentException(
                $"The packet has {operation.Size} bytes with its target; at most {options.MaximumPacketSize} are allowed (MaximumPacketSize).",
                nameof(operation));
        }
        if (Interlocked.Add(ref _bytes, operation.Size) > options.PublishQueueLimit)
        {
            Release(operation);
            metrics.PublishRefused();
            throw new PublishQueueFullException(@namespace, options.PublishQueueLimit);
        }
    }

    public void Release(Operation operation) => Interlocked.Add(ref _bytes, -operation.Size);
}
