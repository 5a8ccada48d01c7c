using OrleansAdapter.Testing;

namespace OrleansAdapter.Tests;

/// <summary>Names that clients choose do not make time series without end.</summary>
public sealed class BoundedNamesTests
{
    [Fact]
    public void The_first_names_are_shown_and_all_others_are_one()
    {
        var names = new BoundedNames(2);

        Assert.Equal(["a", "b", "other", "a", "b", "other"], new[] { "a", "b", "c", "a", "b", "d" }.Select(names.Of));
    }

    [Fact]
    public void A_name_that_is_known_costs_no_memory()
    {
        var names = new BoundedNames(1);
        _ = (names.Of("a"), names.Of("b"));

        var bytes = Allocated.By(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                names.Of("a");
                names.Of("b");
            }
        });

        Assert.Equal(0, bytes);
    }
}
