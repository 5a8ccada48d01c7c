namespace OrleansAdapter.EndToEnd;

public sealed class PlaceholderTests
{
    [Fact]
    public void The_test_project_runs() => Assert.True(Environment.ProcessId > 0);
}
