namespace OrleansAdapter.Grains.Local;

/// <summary>The limits of a link between a server and the directory. Both sides have their own; defaults suit both.</summary>
public sealed class LinkOptions
{
    /// <summary>
    /// The longest message taken from the other side, in bytes. What a server remembers of its homes goes in one message when the directory was
    /// lost, so it has to exceed the mailbox limit several times. The default is 256 MB.
    /// </summary>
    public long MaximumMessageBytes { get; set; } = 256L << 20;

    /// <summary>
    /// How many bytes may wait to be sent. Beyond it a server drops messages (they are sent again), and the directory closes the link (the server comes
    /// back at once). A message always goes into an empty queue. The default is 64 MB.
    /// </summary>
    public long MaximumQueuedBytes { get; set; } = 64L << 20;

    /// <summary>How long the greeting may take. The default is 5 seconds.</summary>
    public TimeSpan GreetingTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer of the directory is waited for. The default is 5 seconds.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The first errors found, each naming its option; none where all is well.</summary>
    internal IEnumerable<string> Errors(string path)
    {
        if (MaximumMessageBytes < LinkFrames.MaximumBytes)
        {
            yield return $"{path}.{nameof(MaximumMessageBytes)} is {MaximumMessageBytes}; it must be at least {LinkFrames.MaximumBytes}.";
        }
        if (MaximumMessageBytes > Array.MaxLength)
        {
            yield return $"{path}.{nameof(MaximumMessageBytes)} is {MaximumMessageBytes}; it can be at most {Array.MaxLength}.";
        }
        if (MaximumQueuedBytes <= 0)
        {
            yield return $"{path}.{nameof(MaximumQueuedBytes)} is {MaximumQueuedBytes}; it must be positive.";
        }
        if (GreetingTimeout <= TimeSpan.Zero)
        {
            yield return $"{path}.{nameof(GreetingTimeout)} is {GreetingTimeout}; it must be positive.";
        }
        if (RequestTimeout <= TimeSpan.Zero)
        {
            yield return $"{path}.{nameof(RequestTimeout)} is {RequestTimeout}; it must be positive.";
        }
    }
}
