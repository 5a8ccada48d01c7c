namespace OrleansAdapter;

/// <summary>
/// Whether and for how long a worker warms up before it takes connections: <see cref="OrleansAdapterOptions.WarmUp"/>. It sends messages through its own stack,
/// from the bytes of a connection to the directory and back, until the runtime has compiled what they run through to its fastest form; a worker that does not
/// costs more than twice as much processor time for each message in its first ten seconds. Nothing of it is seen by the application or from outside.
/// </summary>
public sealed class WarmUpOptions
{
    /// <summary>
    /// Whether it does. Default, null: where a primary starts or reloads it and the environment is Production. A worker that the primary starts again
    /// because it died takes connections at once, unless code sets this.
    /// </summary>
    public bool? Enabled { get; set; }

    /// <summary>
    /// How long at most, and up to 2 s to end it: so much later the worker takes connections. Default 10 s; at most a minute. It ends sooner where the compiler
    /// is at rest. The host's own limit on its start (<c>HostOptions.StartupTimeout</c>, none by default) has to be longer.
    /// </summary>
    public TimeSpan Limit { get; set; } = TimeSpan.FromSeconds(10);
}
