using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// The homes of one silo, which a server asks together: its round (PROTOCOL.md, "Rounds"). The key is the silo's address, as its homes name it with
/// <see cref="MailboxBatch.Silo"/>. Called by servers only.
/// </summary>
[Alias("OrleansAdapter.ISiloHomesGrain")]
internal interface ISiloHomesGrain : IGrainWithStringKey
{
    /// <summary>
    /// Hands each question to its home, as <see cref="IHomeGrain.Check"/> and <see cref="IHomeGrain.Send"/> do, and waits a moment for what they have for
    /// the caller. A home that is not in the silo, or busy for longer than that, is to be asked by itself.
    /// </summary>
    [Alias("Ask"), ResponseTimeout("00:00:00.750")]
    Task<RoundAnswers> Ask(RoundQuestions questions);
}

/// <summary>What a server asks the homes of a silo: in each array, the question of the same index is about the same home.</summary>
/// <param name="Version">The version of the protocol in which the answers are to be.</param>
/// <param name="Namespaces">The homes' namespaces.</param>
/// <param name="Lives">The server's life in each, as <see cref="ServerId.Bits"/>.</param>
/// <param name="Epochs">The epoch in which it takes itself to be.</param>
/// <param name="Renewals">A <see cref="Renew"/>; empty where it only asks whether it has missed something.</param>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.RoundQuestions")]
internal sealed record RoundQuestions(
    [property: Id(0)] byte Version,
    [property: Id(1)] string[] Namespaces,
    [property: Id(2)] ulong[] Lives,
    [property: Id(3)] long[] Epochs,
    [property: Id(4)] byte[][] Renewals);

/// <summary>What the homes of a silo have for the server that asked.</summary>
/// <param name="Homes">For each question, what its home has for the caller, which may be nothing; null where that home did not answer.</param>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.RoundAnswers")]
internal sealed record RoundAnswers([property: Id(0)] MailboxBatch?[] Homes);
