using System.Net;

namespace OrleansAdapter.Silo.Front;

/// <summary>Where clients connect.</summary>
/// <param name="Address">The address of all ports.</param>
/// <param name="Port">The front's port; Port + i leads to the worker in slot i.</param>
/// <param name="Slots">How many workers there are.</param>
internal sealed record FrontAddress(IPAddress Address, int Port, int Slots)
{
    /// <summary>The address of the worker in a slot, counted from 1; slot 0 is the front's own address.</summary>
    public IPEndPoint EndPointOf(int slot) => new(Address, Port + slot);
}
