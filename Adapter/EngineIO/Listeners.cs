namespace OrleansAdapter.EngineIO;

/// <summary>Listeners of an application.</summary>
internal static class Listeners
{
    /// <summary>A listener that awaits nothing, as one that may.</summary>
    public static Func<T, Task> ToAsync<T>(this Action<T> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return value =>
        {
            listener(value);
            return Task.CompletedTask;
        };
    }
}
