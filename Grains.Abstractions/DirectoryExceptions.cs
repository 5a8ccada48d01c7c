namespace OrleansAdapter;

/// <summary>The directory refused this server for good: a wrong secret, or no protocol version in common. The message names both sides.</summary>
public sealed class DirectoryRefusedException(string message) : Exception(message);

/// <summary>The directory could not be reached, or did not answer in time. What was asked may or may not have happened.</summary>
public sealed class DirectoryUnavailableException : Exception
{
    /// <summary>With what was being done, and what to do.</summary>
    public DirectoryUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>With what was being done, and its cause.</summary>
    public DirectoryUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
