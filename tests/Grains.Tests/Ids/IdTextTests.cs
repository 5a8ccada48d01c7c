using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace OrleansAdapter.Grains.Tests.Ids;

/// <summary>Ids wherever an application may put them: JSON, keys, configuration, grains.</summary>
public sealed partial class IdTextTests
{
    private static readonly ServerId Server = ServerId.FromBits(0xFEDC_BA98_7001);
    private static readonly SocketId Socket = SocketId.FromParts(Server, 0x0123_4567_89AB_CDEF);

    [Fact]
    public void They_are_text_in_JSON_and_keys_of_objects()
    {
        var value = new Seat(Socket, Server, null, new() { [Socket] = 1 }, new() { [Server] = Socket });

        var json = JsonSerializer.Serialize(value, JsonSerializerOptions.Web);

        Assert.Equal(
            $$"""{"socket":"{{Socket}}","server":"{{Server}}","other":null,"places":{"{{Socket}}":1},"sockets":{"{{Server}}":"{{Socket}}"} }"""
                .Replace(" ", "", StringComparison.Ordinal),
            json);
        Same(value, JsonSerializer.Deserialize<Seat>(json, JsonSerializerOptions.Web));
    }

    [Fact]
    public void Code_that_System_Text_Json_generates_takes_them_as_well()
    {
        var value = new Seat(Socket, Server, Server, new() { [Socket] = 1 }, []);

        var json = JsonSerializer.Serialize(value, Generated.Default.Seat);

        Assert.Contains($"\"Other\":\"{Server}\"", json, StringComparison.Ordinal);
        Same(value, JsonSerializer.Deserialize(json, Generated.Default.Seat));
    }

    [Fact]
    public void What_names_nothing_is_null_in_JSON_and_no_key()
    {
        Assert.Equal("[null]", JsonSerializer.Serialize<SocketId[]>([default]));
        Assert.Equal([default], JsonSerializer.Deserialize<ServerId[]>("[null]")!);
        Assert.Throws<JsonException>(() => JsonSerializer.Serialize(new Dictionary<ServerId, int> { [default] = 1 }));
    }

    [Theory]
    [InlineData("\"AAAAAAAAAAAAAAAAAAAA\"")]
    [InlineData("\"\"")]
    [InlineData("\"no id\"")]
    [InlineData("7")]
    [InlineData("{}")]
    public void Other_JSON_is_an_error_that_says_what_an_id_looks_like(string json)
    {
        var error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SocketId>(json));

        Assert.Contains("SocketId", error.Message, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Dictionary<SocketId, int>>($$"""{"no id":1}"""));
    }

    [Fact]
    public void Escapes_in_JSON_are_read()
    {
        var escaped = string.Concat(Socket.ToString().Select(c => $"\\u{(int)c:x4}"));

        Assert.Equal(Socket, JsonSerializer.Deserialize<SocketId>($"\"{escaped}\""));
        Assert.Equal([Socket], JsonSerializer.Deserialize<Dictionary<SocketId, int>>($"{{\"{escaped}\":1}}")!.Keys);
    }

    [Fact]
    public void Text_in_either_encoding_is_written_and_read_without_a_string()
    {
        Same(Socket);
        Same(Server);

        static void Same<T>(T id)
            where T : struct, ISpanParsable<T>, IUtf8SpanParsable<T>, ISpanFormattable, IUtf8SpanFormattable
        {
            var text = id.ToString()!;
            Span<char> chars = stackalloc char[32];
            Span<byte> bytes = stackalloc byte[32];
            Assert.True(id.TryFormat(chars, out var length, "", CultureInfo.InvariantCulture));
            Assert.Equal(text, chars[..length].ToString());
            Assert.True(id.TryFormat(bytes, out length, "", CultureInfo.InvariantCulture));
            Assert.Equal(text, Encoding.UTF8.GetString(bytes[..length]));
            Assert.Equal(text, $"{id}");
            Assert.False(id.TryFormat(chars[..7], out _, "", CultureInfo.InvariantCulture));
            Assert.False(id.TryFormat(bytes[..7], out _, "", CultureInfo.InvariantCulture));
            Assert.Equal(id, T.Parse(text, null));
            Assert.Equal(id, T.Parse(text.AsSpan(), null));
            Assert.Equal(id, T.Parse(Encoding.UTF8.GetBytes(text), null));
            Assert.False(T.TryParse((string?)null, null, out _));
            Assert.False(T.TryParse(text + "A", null, out _));
            Assert.False(T.TryParse(Encoding.UTF8.GetBytes(text[..^1] + "="), null, out _));
            Assert.Contains(typeof(T).Name, Assert.Throws<FormatException>(() => T.Parse("no id", null)).Message, StringComparison.Ordinal);
            Assert.Throws<FormatException>(() => T.Parse("no id"u8, null));
        }
    }

    [Fact]
    public void Type_converters_and_with_them_configuration_take_them()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Socket", $"{Socket}"), new("Server", $"{Server}")]).Build();

        var read = configuration.Get<Settings>()!;

        Assert.Equal((Socket, Server), (read.Socket, read.Server));
        var converter = TypeDescriptor.GetConverter(typeof(SocketId));
        Assert.Equal($"{Socket}", converter.ConvertToInvariantString(Socket));
        Assert.Equal("", converter.ConvertToInvariantString(default(SocketId)));
        Assert.Equal(default(SocketId), converter.ConvertFromInvariantString(""));
        Assert.Throws<FormatException>(() => converter.ConvertFromInvariantString("no id"));
    }

    [Fact]
    public void Grains_take_them_as_they_are_and_as_keys()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var value = new Dictionary<SocketId, ServerId[]> { [Socket] = [Server, default], [SocketId.New(Server)] = [] };

        Assert.Equal(value, serializer.Deserialize<Dictionary<SocketId, ServerId[]>>(serializer.SerializeToArray(value)));
        Assert.Equal(value, services.GetRequiredService<DeepCopier>().Copy(value));
    }

    private static void Same(Seat expected, Seat? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal((expected.Socket, expected.Server, expected.Other), (actual.Socket, actual.Server, actual.Other));
        Assert.Equal(expected.Places, actual.Places);
        Assert.Equal(expected.Sockets, actual.Sockets);
    }

    internal sealed record Seat(SocketId Socket, ServerId Server, ServerId? Other, Dictionary<SocketId, int> Places, Dictionary<ServerId, SocketId> Sockets);

    private sealed class Settings
    {
        public SocketId Socket { get; set; }

        public ServerId Server { get; set; }
    }

    [JsonSerializable(typeof(Seat))]
    private sealed partial class Generated : JsonSerializerContext;
}
