using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>The checker of histories finds what it is there to find.</summary>
public sealed class HistoriesTests
{
    [Theory]
    [InlineData("a1 a2 b1", "a1 a2 b1")]
    [InlineData("a1 b1 a2", "b1 a2", "a1 a2")]
    [InlineData("a1 b1", "b1 c1", "c1 a2")]
    [InlineData("", "a1")]
    public void Parts_of_one_order_are_right(params string[] histories) => Histories.Check(Parse(histories));

    [Theory]
    [InlineData("twice", "a1 a1")]
    [InlineData("twice, later", "a1 b1 a1")]
    [InlineData("a publisher's order", "a2 a1")]
    [InlineData("two orders", "a1 b1", "b1 a1")]
    [InlineData("a circle", "a1 b1", "b1 c1", "c1 a1")]
    public void What_is_wrong_is_found(string what, params string[] histories) =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Histories.Check(Parse(histories))).Data["what"] = what;

    [Theory]
    [InlineData("a1 b1 a2", 0, 0)]
    [InlineData("a1 a1 b1 b1 b1", 2, 0)]
    [InlineData("a3 a1 a2 b1", 0, 2)]
    [InlineData("a1 a2 a1", 1, 1)]
    public void What_is_wrong_is_counted(string history, int twice, int late)
    {
        var messages = Parse([history])[0];
        Assert.Equal((twice, late), (Histories.Twice(messages).Count(), Histories.Late(messages).Count()));
    }

    private static List<Message[]> Parse(string[] histories) =>
        [.. histories.Select(history => history.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => new Message(text[..1],
            text[1] - '0')).ToArray())];
}
