using OrleansAdapter.Grains.Tests.Codec;

namespace OrleansAdapter.Fuzz;

/// <summary>Messages between servers and the directory. What can be read is written as it was read, and nothing is thrown but that it is no message.</summary>
internal sealed class ClusterMessages : Target
{
    public override string Name => "messages";

    protected override int Least => 250;

    public override IEnumerable<byte[]> Seeds() => Enumerable.Range(1, 3).SelectMany(Samples.All).Select(Wire.Encode);

    public override void Run(byte[] input)
    {
        foreach (var read in new Func<byte[], object>[]
        {
            static bytes => MessageCodec.ReadWorkerMessage(bytes),
            static bytes => MessageCodec.ReadHomeMessage(bytes),
            static bytes => MessageCodec.ReadServerMessage(bytes),
        })
        {
            try
            {
                var message = read(input);
                var written = Wire.Encode(message);
                Check(written.AsSpan().SequenceEqual(Wire.Encode(read(written))), $"{message.GetType().Name} is not written as it was read.");
            }
            catch (ProtocolException)
            {
                // It is no such message.
            }
        }
    }
}
