using System.Runtime.Versioning;

// Several clusters at a time would share two cores, and tell nothing about a promise that names a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Signals, modes of files and Unix domain sockets.
[assembly: UnsupportedOSPlatform("windows")]
