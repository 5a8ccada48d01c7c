namespace OrleansAdapter;

/// <summary>
/// The directory refuses this server, and would again: it is of another Orleans service, or shares no version of the protocol with this server. The message
/// names both sides.
/// </summary>
public sealed class DirectoryRefusedException(string message) : Exception(message);

/// <summary>The directory could not be reached, or did not answer in time. What was asked may or may not have happened.</summary>
public sealed class DirectoryUnavailableException : Exception
{
    /// <summary>Makes one with a message that says what was being done, and what to do.</summary>
    public DirectoryUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with a message that says what was being done, and with the cause.</summary>
    public DirectoryUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
