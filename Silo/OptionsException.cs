namespace OrleansAdapter.Silo;

/// <summary>What the program was started with is wrong; the message is for whoever started it.</summary>
internal sealed class OptionsException(string message) : Exception(message);

/// <summary>The primary cannot go on; the message is for whoever started it.</summary>
internal sealed class PrimaryException(string message) : Exception(message);
