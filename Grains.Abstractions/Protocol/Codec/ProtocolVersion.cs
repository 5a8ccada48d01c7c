namespace OrleansAdapter.Protocol;

/// <summary>
/// The versions of the protocol between processes. A build speaks its own version and the one before, so that a cluster can be upgraded
/// one process at a time; a pair of processes uses the newest version that both speak, and refuses to talk where there is none.
/// </summary>
/// <remarks>
/// What changes the bytes of any message raises <see cref="Current"/> by one and <see cref="Oldest"/> to the one before it; readers and
/// writers branch on <see cref="WireReader.Version"/> and <see cref="WireWriter.Version"/> until the older form is dropped.
/// </remarks>
internal static class ProtocolVersion
{
    /// <summary>The newest version this build speaks.</summary>
    public const byte Current = 1;

    /// <summary>The oldest version this build speaks: the one before <see cref="Current"/>, where there is one.</summary>
    public const byte Oldest = 1;

    /// <summary>The versions this build speaks.</summary>
    public static ProtocolRange Ours { get; } = new(Oldest, Current);

    /// <summary>The newest version that both sides speak.</summary>
    /// <exception cref="ProtocolException">They have none in common; the message names both ranges.</exception>
    public static byte Negotiate(ProtocolRange ours, ProtocolRange theirs)
    {
        var newest = Math.Min(ours.Current, theirs.Current);
        return newest >= Math.Max(ours.Oldest, theirs.Oldest)
            ? newest
            : throw new ProtocolException($"No protocol version in common: this side speaks {ours}, the other side {theirs}.");
    }
}

/// <summary>The protocol versions that one side speaks, both ends included.</summary>
/// <param name="Oldest">The oldest.</param>
/// <param name="Current">The newest.</param>
internal readonly record struct ProtocolRange(byte Oldest, byte Current)
{
    /// <summary>Whether a version lies in it.</summary>
    public bool Contains(byte version) => version >= Oldest && version <= Current;

    /// <summary>"version 1" or "versions 1 to 2".</summary>
    public override string ToString() => Oldest == Current ? $"version {Current}" : $"versions {Oldest} to {Current}";
}
