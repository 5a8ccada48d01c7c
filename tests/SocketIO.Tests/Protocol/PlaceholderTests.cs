using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

/// <summary>What stands for bytes is found in time in proportion to the text, however many there are: clients may send tens of thousands.</summary>
public sealed class PlaceholderTests
{
    private const int Many = 10_000;

    private static readonly IReadOnlyList<ReadOnlyMemory<byte>> Attachments = [new byte[] { 1 }, new byte[] { 2 }];

    [Theory]
    [InlineData("""{"_placeholder":true,"num":0}""")]
    [InlineData("""{"_placeholder":true,"num":0,"x":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]}""")]
    public void Each_is_looked_at_again_a_few_times_at_most(string one)
    {
        var json = Array(one);
        var looked = 0;

        Assert.True(Placeholder.TryFind(json, Attachments, 64, out var found, long.MaxValue, () => looked++));

        Assert.Equal(Many, found.Count);
        Assert.InRange(looked, 0, 5 * Many);
    }

    [Fact]
    public void Those_inside_of_another_are_nothing_and_those_before_it_stay()
    {
        const string text = """[{"_placeholder":true,"num":1},[{"x":{"_placeholder":true,"num":0},"_placeholder":true,"num":1}],"""
            + """{"_placeholder":true,"num":0}]""";
        Assert.True(Placeholder.TryFind(Encoding.UTF8.GetBytes(text), Attachments, 64, out var found));
        Assert.Equal(
            ["""{"_placeholder":true,"num":1}""", """{"x":{"_placeholder":true,"num":0},"_placeholder":true,"num":1}""", """{"_placeholder":true,"num":0}"""],
            found.Select(one => text[one.Start..one.End]));
        Assert.Equal([1, 1, 0], found.Select(one => one.Attachment));
    }

    [Fact]
    public void A_part_is_asked_for_its_own_only()
    {
        var json = Array("""{"_placeholder":true,"num":0}""");
        Assert.True(Placeholder.TryFind(json, Attachments, 64, out var found, long.MaxValue));
        var counted = new Counted(found);
        var part = new Range(found[Many / 2].Start, found[(Many / 2) + 1].End);

        var replaced = Placeholder.Replace(json, part, counted, static (writer, attachment) => writer.WriteNumberValue(attachment));

        Assert.Equal("0,0", Encoding.UTF8.GetString(replaced.Span));
        Assert.InRange(counted.Looked, 1, 20);
    }

    [Fact]
    public void An_argument_is_asked_for_its_own_only()
    {
        var json = Array("""{"_placeholder":true,"num":0}""");
        Assert.True(Placeholder.TryFind(json, Attachments, 64, out var found, long.MaxValue));
        var counted = new Counted(found);
        var items = found.Select(one => new Range(one.Start, one.End)).ToArray();
        var arguments = new SocketIOArguments(json, items, counted, Attachments, JsonSerializerOptions.Web);

        Assert.True(arguments.IsBytes(Many - 1));
        Assert.Equal([1], arguments.Get<byte[]>(Many - 1)!);
        Assert.Equal("\"AQ==\"", Encoding.UTF8.GetString(arguments[Many - 1].ToJson().Span));
        Assert.Equal("AQ==", arguments.Get<string>(Many - 1));

        Assert.InRange(counted.Looked, 1, 150);
    }

    private static byte[] Array(string one) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[{string.Join(',', Enumerable.Repeat(one, Many))}]"));

    /// <summary>Counts how many are looked at.</summary>
    private sealed class Counted(List<Placeholder> placeholders) : IReadOnlyList<Placeholder>
    {
        public int Looked { get; private set; }

        public int Count => placeholders.Count;

        public Placeholder this[int index]
        {
            get
            {
                Looked++;
                return placeholders[index];
            }
        }

        public IEnumerator<Placeholder> GetEnumerator()
        {
            foreach (var placeholder in placeholders)
            {
                Looked++;
                yield return placeholder;
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
