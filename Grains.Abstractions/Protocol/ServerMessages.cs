namespace OrleansAdapter.Protocol;

/// <summary>A message of or for a server that belongs to no namespace: the server's description, or answers to its requests. Immutable.</summary>
internal abstract record ServerMessage;

/// <summary>A server describes itself, renews its lease and acknowledges answers. Sent on every connect and heartbeat.</summary>
/// <param name="Description">What it tells.</param>
/// <param name="Session">The session of the answers it has handled; 0 for none.</param>
/// <param name="Handled">The last answer of that session it has handled.</param>
/// <param name="Lease">How long it may be silent before it is no longer listed, in milliseconds; 0 leaves that to the directory.</param>
internal sealed record Describe(ServerDescription Description, long Session, long Handled, long Lease = 0) : ServerMessage;

/// <summary>One part of a server's answer to a request. The directory keeps it for the server that asked.</summary>
/// <param name="To">The life that asked.</param>
/// <param name="From">The life that answers.</param>
/// <param name="Request">The asker's number of the request.</param>
/// <param name="Part">Which part this is, from 0.</param>
/// <param name="Last">Whether it is the last one.</param>
/// <param name="Error">Why the server cannot answer; null where it does.</param>
/// <param name="Body">The part.</param>
internal sealed record Answer(ServerId To, ServerId From, long Request, int Part, bool Last, string? Error, ReadOnlyMemory<byte> Body) : ServerMessage;

/// <summary>
/// Answers for the server that asked, numbered Previous + 1, Previous + 2, …. They are sent again when a <see cref="Describe"/> shows that some were lost.
/// </summary>
/// <param name="Session">Which numbering this is; a new directory starts a new one.</param>
/// <param name="Previous">The number before the first one.</param>
/// <param name="Items">The answers.</param>
internal sealed record Answers(long Session, long Previous, IReadOnlyList<Answer> Items) : ServerMessage;

/// <summary>Tells the directory that the server has handled its answers up to a number, so that they need not be kept.</summary>
/// <param name="Process">The server that handled them.</param>
/// <param name="Session">Their session.</param>
/// <param name="Handled">The number.</param>
internal sealed record AcknowledgeAnswers(ServerId Process, long Session, long Handled) : ServerMessage;
