using System.Diagnostics.CodeAnalysis;

namespace OrleansAdapter.Protocol;

/// <summary>
/// Thrown for bytes that are no message of this protocol: cut off, garbled, or of a version or type that this side does not know. The message says which.
/// What was decoded before is not to be used.
/// </summary>
internal sealed class ProtocolException(string message) : Exception(message)
{
    [DoesNotReturn]
    internal static void Throw(string message) => throw new ProtocolException(message);

    [DoesNotReturn]
    internal static void ThrowCutOff(int needed, int left) =>
        throw new ProtocolException($"The message is cut off: {needed} more bytes are announced, {left} are left.");
}
