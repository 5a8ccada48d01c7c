namespace OrleansAdapter.Requests;

/// <summary>What a client answered: its arguments as one JSON array with byte attachments, or why there is no answer.</summary>
internal sealed record ClientAnswer(string? Error, ReadOnlyMemory<byte> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Attachments);
