namespace OrleansAdapter.Grains;

/// <summary>Where the messages and news of the list of servers go. Called within its own turn; returns at once.</summary>
internal interface IServersOutput
{
    /// <summary>Sends a message to a server; it may be lost.</summary>
    void Send(ServerId process, ServerMessage message);

    /// <summary>A server is new in the list, for logs and metrics.</summary>
    void Added(ServerDescription server);

    /// <summary>A server was removed from the list, for logs and metrics.</summary>
    void Removed(ServerDescription server, RemovalReason reason);

    /// <summary>A part of an answer will not reach its asker, for logs and metrics.</summary>
    void Refused(Answer answer, AnswerRefusal reason);
}

/// <summary>Why a part of an answer does not reach its asker.</summary>
internal enum AnswerRefusal
{
    /// <summary>Too many bytes wait for the asker already; an error takes its place.</summary>
    Overflow,

    /// <summary>It waited too long; an error takes its place.</summary>
    Expired,

    /// <summary>Even errors would be too many.</summary>
    Dropped,

    /// <summary>One of its two servers was reported dead.</summary>
    Dead,
}
