using System.Collections.Immutable;

namespace OrleansAdapter.Grains;

/// <content>What it does while its silo is not sure of its place: nothing, as if it were paused (PROTOCOL.md, H14).</content>
internal sealed partial class HomeGrain
{
    private static readonly TimeSpan UnsureStep = TimeSpan.FromMilliseconds(20);

    private long? _unsureSince;
    private ImmutableHashSet<ServerId> _dead = [];

    /// <summary>Whether no other silo can have opened this namespace; where one may, this home does nothing, as if it were paused (PROTOCOL.md, H14).</summary>
    private bool IsSure => _standing is null || _standing.IsSure(Now);

    /// <summary>
    /// Whoever died with a silo is not waited for, and has left. Only where this silo is sure of its place: else it may be the one that is dead.
    /// </summary>
    private void LearnDeadSilos()
    {
        if (!IsSure)
        {
            return;
        }
        foreach (var server in _deadServers.Since(ref _dead))
        {
            _home.ReportDeath(server, Now);
        }
    }

    /// <summary>
    /// Others wait behind this call as they would for a home that is paused: for a moment. Where that passes, what was said is lost, and is said again.
    /// </summary>
    private async Task<MailboxBatch> WhenSureAsync(Func<Task<MailboxBatch>> take) => await UntilSureAsync() ? await take() : MailboxBatch.Empty;

    /// <summary>Waits until this silo is sure of its place; false where it has not been for longer than a read of the table counts.</summary>
    private async Task<bool> UntilSureAsync()
    {
        _unsureSince ??= Now;
        while (!IsSure)
        {
            if (Now - _unsureSince > _standing!.Validity)
            {
                return false;
            }
            await Task.Delay(UnsureStep, _time);
        }
        _unsureSince = null;
        return true;
    }
}
