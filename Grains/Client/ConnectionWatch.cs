using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>Tells when a client lost a silo it was connected to: what was on its way there is lost, and nothing else would say so to a server that is idle.</summary>
internal sealed class ConnectionWatch : IClusterConnectionStatusObserver
{
    /// <summary>A connection ended.</summary>
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
