namespace OrleansAdapter.Silo;

/// <summary>The program was started with wrong options. The message is for the user.</summary>
internal sealed class OptionsException(string message) : Exception(message);

/// <summary>The primary cannot go on. The message is for the user.</summary>
internal sealed class PrimaryException(string message) : Exception(message);
