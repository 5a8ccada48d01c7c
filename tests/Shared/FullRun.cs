namespace OrleansAdapter.Testing;

/// <summary>Whether <c>./test.sh --full</c> runs, which has time for what takes long.</summary>
internal static class FullRun
{
    public static bool IsOn => Environment.GetEnvironmentVariable("ORLEANSADAPTER_FULL") == "1";

    /// <summary>Leaves a test to the full run, and says what tests the same in every run.</summary>
    public static void Needed(string otherwise) => Assert.SkipUnless(IsOn, $"Takes long; ./test.sh --full runs it. {otherwise}");
}
