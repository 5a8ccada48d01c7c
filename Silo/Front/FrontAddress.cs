using System.Net;

namespace OrleansAdapter.Silo.Front;

/// <summary>Where clients connect.</summary>
/// <param name="Address">The address of all ports.</param>
/// <param name="Port">The front's port; Port + i leads to the worker in slot i.</param>
/// <param name="Slots">How many workers there are.</param>
internal sealed record FrontAddress(IPAddress Address, int Port, int Slots)
{
    /// <summary>Where the worker in a slot can be reached, from 1; 0 for all of them.</summary>
    public IPEndPoint EndPointOf(int slot) => new(Address, Port + slot);
}
