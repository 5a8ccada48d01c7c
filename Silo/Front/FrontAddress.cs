using System.Net;

namespace OrleansAdapter.Silo.Front;

/// <summary>Where clients connect.</summary>
/// <param name="Address">The address of all ports.</param>
/// <param name="Port">The front's port.</param>
/// <param name="Slots">How many workers there are.</param>
/// <param name="WorkerPorts">Whether Port + i leads to the worker in slot i alone.</param>
internal sealed record FrontAddress(IPAddress Address, int Port, int Slots, bool WorkerPorts)
{
    /// <summary>The slots that have a port of their own, slot 0 with the front's among them.</summary>
    public IEnumerable<int> Ports => Enumerable.Range(0, WorkerPorts ? Slots + 1 : 1);


    /// <summary>The address of the worker in a slot, counted from 1; slot 0 is the front's own address.</summary>
    public IPEndPoint EndPointOf(int slot) => new(Address, Port + slot);
}
