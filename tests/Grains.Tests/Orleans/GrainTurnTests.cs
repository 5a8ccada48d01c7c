using Microsoft.Extensions.DependencyInjection;
using Orleans;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>
/// A message that a grain cannot take, behind one that it could: its caller learns of it, the next caller gets nothing that was for this one, and what
/// others are to get goes out.
/// </summary>
public sealed class GrainTurnTests : IAsyncLifetime
{
    private static readonly byte[] Garbage = [99, 99, 99];

    private OrleansCluster? _cluster;

    private IGrainFactory Grains => _cluster!.Silos.Services().GetRequiredService<IGrainFactory>();

    public async ValueTask InitializeAsync() => _cluster = (OrleansCluster)await OrleansCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster!.DisposeAsync();

    [Fact]
    public async Task A_home_leaves_nothing_of_a_caller_to_the_next_one()
    {
        var (a, b) = (await LifeAsync(), await LifeAsync());
        var home = Grains.GetGrain<IHomeGrain>("/");

        await Assert.ThrowsAnyAsync<Exception>(() => home.Send(Batch(RenewOf(a), Garbage), null));
        var answers = await home.Send(Batch(RenewOf(b)), null);

        Assert.Equal(b.Id, Assert.IsType<Renewed>(MessageCodec.ReadHomeMessage(Assert.Single(answers.Messages))).Life);
    }

    [Fact]
    public async Task A_home_takes_nobody_for_the_caller_when_the_call_is_over()
    {
        var (a, b) = (await LifeAsync(), await LifeAsync());
        await a.JoinAsync("a");
        var home = Grains.GetGrain<IHomeGrain>("/");
        await Assert.ThrowsAnyAsync<Exception>(() => home.Send(Batch(RenewOf(a), Garbage), null));
        await Assert.ThrowsAnyAsync<Exception>(() => home.SendPart(new MessagePart(a.Id, 1, 0, 1, Garbage), null));

        var answers = await home.Send(Batch(SubmitOf(b, "for a")), null);

        Assert.Equal(b.Id, Assert.IsType<Accepted>(MessageCodec.ReadHomeMessage(Assert.Single(answers.Messages))).Life);
        Assert.Equal(["for a"], await a.TakeTextsAsync(1));
    }

    [Fact]
    public async Task What_a_home_has_for_others_goes_out_also_where_the_call_fails()
    {
        var (a, b) = (await LifeAsync(), await LifeAsync());
        await b.JoinAsync("a");
        var home = Grains.GetGrain<IHomeGrain>("/");

        await Assert.ThrowsAnyAsync<Exception>(() => home.Send(Batch(SubmitOf(a, "for b"), Garbage), null));

        Assert.Equal(["for b"], await b.TakeTextsAsync(1));
    }

    [Fact]
    public async Task A_servers_grain_leaves_nothing_of_a_caller_to_the_next_one_and_sends_it_what_waits()
    {
        var (asker, other) = (await _cluster!.NewServerAsync(), await _cluster.NewServerAsync());
        await asker.DescribeAsync();
        var grain = Grains.GetGrain<IServerMessagesGrain>(asker.Life.Process.ToString());
        var describe = Wire.Write(
            new Describe(new ServerDescription(asker.Life.Process, "asker", DateTimeOffset.UnixEpoch, 0), Session: 0, Handled: 0), ProtocolVersion.Oldest);

        await Assert.ThrowsAnyAsync<Exception>(() => grain.Send(Batch(describe, Garbage), null)); // it was to be told of its answers' numbering
        var others = await grain.Send(Batch(AnswerOf(asker, other, "1")), null);
        await Assert.ThrowsAnyAsync<Exception>(() => grain.Send(Batch(AnswerOf(asker, other, "2"), Garbage), null));

        Assert.Empty(others.Messages);
        Assert.Equal(["1", "2"], await TextsAsync(asker, 2));
    }

    private static MailboxBatch Batch(params byte[][] messages) => new(messages);

    private static byte[] RenewOf(TestLife life) =>
        Wire.Write(new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session, Handled = life.Handled }, ProtocolVersion.Oldest);

    private static byte[] SubmitOf(TestLife life, string text) => Wire.Write(
        new Submit { Life = life.Id, Epoch = life.Epoch, Session = life.Session, First = life.LastPosition + 1, Operations = [TestLife.Emit("a", text)] },
        ProtocolVersion.Oldest);

    private static byte[] AnswerOf(TestServer asker, TestServer from, string text) => Wire.Write(
        new Answer(asker.Life, from.Life, 42, 0, true, null, System.Text.Encoding.UTF8.GetBytes(text)), ProtocolVersion.Oldest);

    /// <summary>The answers that come, each acknowledged, so that the next one follows.</summary>
    private static async Task<List<string>> TextsAsync(TestServer asker, int count)
    {
        List<string> texts = [];
        while (texts.Count < count)
        {
            var answers = await asker.AnswersAsync();
            texts.AddRange(answers.Items.Select(answer => System.Text.Encoding.UTF8.GetString(answer.Body.Span)));
            asker.Directory.Send(new AcknowledgeAnswers(asker.Life.Process, answers.Session, answers.Previous + answers.Items.Count));
        }
        return texts;
    }

    private async Task<TestLife> LifeAsync() => await (await _cluster!.NewServerAsync()).RegisterAsync("/");
}
