using System.Collections;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Entries on their way into a server that tell when the server begins with one of them, and when it has done with it.</summary>
internal sealed class ObservedEntries(IReadOnlyList<Entry> entries, EntryWatch watch) : IReadOnlyList<Entry>
{
    public int Count => entries.Count;

    public Entry this[int index] => throw new NotSupportedException("The simulation sees entries only where they are enumerated.");

    public IEnumerator<Entry> GetEnumerator()
    {
        foreach (var entry in entries)
        {
            watch.Begin(entry);
            yield return entry;
            watch.End();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
