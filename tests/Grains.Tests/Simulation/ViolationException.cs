namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>A promise of PROTOCOL.md was broken.</summary>
internal sealed class ViolationException(string message) : Exception(message);
