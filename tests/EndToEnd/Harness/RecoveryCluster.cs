namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A cluster whose clients may come back to their sessions, with the test application as its workers.</summary>
public sealed class RecoveryCluster() : SharedCluster(Settings)
{
    /// <summary>What turns it on, for <see cref="RunningCluster.StartAsync(ValueTuple{string, string}[], IEnumerable{string})"/>.</summary>
    internal static (string Name, string Value)[] Settings =>
    [
        ("ORLEANSADAPTER_WEBWORKER", Checkout.Program("tests/TestWorker")), ("SocketIO__ConnectionStateRecovery__MaxDisconnectionDuration", "00:02:00"),
        ("OrleansAdapter__HubRecovery__MaxDisconnectionDuration", "00:02:00"), ("OrleansAdapter__HubRecovery__MaxReplayedInvocations", "10000"),
    ];
}

/// <summary>The classes that use it: one starts it for both, and workers that a test ends are there again behind it.</summary>
[CollectionDefinition(nameof(RecoveryCluster))]
public sealed class RecoveryCollection : ICollectionFixture<RecoveryCluster>;
