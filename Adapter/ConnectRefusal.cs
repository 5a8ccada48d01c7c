namespace OrleansAdapter;

/// <summary>Why a client was not let in.</summary>
internal enum ConnectRefusal
{
    /// <summary>Its request is none that the protocol knows, or the application, its origin or a rate limit forbids it.</summary>
    BadRequest,

    /// <summary>It asked for a namespace that is not there, or that may not be made now.</summary>
    UnknownNamespace,

    /// <summary>A middleware of the application said no.</summary>
    Middleware,

    /// <summary>What it said of itself cannot be: a user's id that is too long.</summary>
    Invalid,

    /// <summary>The directory did not confirm it: it may come back.</summary>
    Unavailable,

    /// <summary>The application's code failed.</summary>
    Error,
}
