using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>Tells when a client has lost a silo that it was connected to: what was on its way is lost, and an idle server would not notice otherwise.</summary>
internal sealed class ConnectionWatch : IClusterConnectionStatusObserver
{
    /// <summary>Raised when a connection to a silo has ended.</summary>
    public event Action? Lost;

    /// <inheritdoc/>
    public void NotifyClusterConnectionLost() => Lost?.Invoke();

    /// <inheritdoc/>
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
        {
            Lost?.Invoke();
        }
    }
}
