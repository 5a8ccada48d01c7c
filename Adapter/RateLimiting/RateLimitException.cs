using System.Globalization;

namespace OrleansAdapter;

/// <summary>What a client sent is over a limit of <see cref="RateLimitOptions"/>, and was not handled. Its message is what the client is told.</summary>
public sealed class RateLimitException : Exception
{
    internal RateLimitException(string what, TimeSpan? retryAfter)
        : base(retryAfter is { } time
            ? string.Create(CultureInfo.InvariantCulture, $"Too many {what}: try again in {Math.Max(0.001, time.TotalSeconds):0.###} s.")
            : $"Too many {what}: try again later.") => RetryAfter = retryAfter;

    /// <summary>When the client may try again, where that is known.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The same in whole seconds, at least one, as HTTP has it.</summary>
    internal int RetryAfterSeconds => (int)Math.Ceiling(Math.Clamp(RetryAfter?.TotalSeconds ?? 1, 1, int.MaxValue));

    /// <summary>What Socket.IO clients get as the argument of their acknowledgement.</summary>
    internal object ToAnswer() => new { error = Message, retryAfter = RetryAfter?.TotalSeconds };
}
