using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

/// <summary>Whatever comes in is read, or refused: nothing is thrown, and what was read can be used.</summary>
public sealed class BrokenInputTests
{
    private static int Cases => Environment.GetEnvironmentVariable("ORLEANSADAPTER_FULL") is null ? 60_000 : 1_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_decoder_takes_or_refuses_everything(int seed)
    {
        var input = new BrokenInput(seed);
        var decoder = new SocketIODecoder(JsonSerializerOptions.Web, 10);
        var (taken, refused) = (0, 0);
        for (var i = 0; i < Cases; i++)
        {
            var isBinary = input.Next(4) == 0;
            var data = isBinary ? input.Bytes() : input.Text();
            if (!isBinary && !Utf8.IsValid(data))
            {
                continue;
            }
            try
            {
                if (decoder.Add(isBinary, data, out var packet) is not null)
                {
                    refused++;
                    Assert.Null(packet);
                    decoder = new SocketIODecoder(JsonSerializerOptions.Web, 10);
                }
                else if (packet is not null)
                {
                    taken++;
                    Use(packet);
                }
            }
            catch (Exception exception) when (exception is not JsonException)
            {
                Assert.Fail($"Seed {seed}, case {i}, \"{Encoding.UTF8.GetString(data)}\": {exception}");
            }
        }
        Assert.True(taken > Cases / 20, $"Seed {seed}: only {taken} of {Cases} cases were good.");
        Assert.True(refused > Cases / 20, $"Seed {seed}: only {refused} of {Cases} cases were refused.");
    }

    [Theory]
    [InlineData(3)]
    public void Payloads_of_polling_are_taken_or_refused(int seed)
    {
        var input = new BrokenInput(seed);
        for (var i = 0; i < Cases; i++)
        {
            var rest = new ReadOnlyMemory<byte>([.. "4"u8, .. input.Text(), EnginePacket.Separator, .. input.Text()]);
            var packets = 0;
            for (var last = false; !last; packets++)
            {
                var text = EnginePacket.CutNext(ref rest, out last);
                Assert.Equal(EnginePacket.TryParse(text, out var packet), packet.Type != 0);
            }
            Assert.True(packets >= 2);
        }
    }

    /// <summary>Reads all that an application may read.</summary>
    private static void Use(ReceivedPacket packet)
    {
        Assert.StartsWith("/", packet.Namespace, StringComparison.Ordinal);
        Assert.False(packet.Type == SocketIOPacketType.Event && ReservedEvents.Contains(packet.Event));
        Try(() => JsonDocument.Parse(packet.Arguments.ToJsonArray()).Dispose());
        for (var i = 0; i < packet.Arguments.Count; i++)
        {
            var index = i;
            Try(() => packet.Arguments.Get<JsonElement>(index));
            Try(() => packet.Arguments.Get<string>(index));
            Try(() => packet.Arguments.Get<byte[]>(index));
            Try(() => packet.Arguments.Get<Dictionary<string, object>>(index));
        }
    }

    private static void Try(Action read)
    {
        try
        {
            read();
        }
        catch (JsonException)
        {
        }
    }
}
