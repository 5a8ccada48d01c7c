namespace OrleansAdapter.Grains;

/// <summary>What is known of a session whose client was away or came back, or that is older than its home. Most need none of it.</summary>
internal sealed class SessionTrail
{
    /// <summary>The number of the claim by which the session is held; 0 where the client never came back.</summary>
    public long Claim { get; set; }

    /// <summary>The place of the last thing that was sent to the client…</summary>
    public OrderOffset LastSent { get; set; }

    /// <summary>… when its holder had handled everything up to here.</summary>
    public long KnownAt { get; set; }

    /// <summary>When it went away; meaningless while its client is connected.</summary>
    public long AwaySince { get; set; }

    /// <summary>The life that held it before.</summary>
    public ServerId LastHolder { get; set; }

    /// <summary>When its last claims were, newest last; null before the first.</summary>
    public Queue<long>? Claims { get; set; }

    /// <summary>Its place among those whose clients are away; null while its client is connected.</summary>
    public LinkedListNode<Session>? AwayNode { get; set; }

    /// <summary>What its holder was asked of the time before this home, and has told; null where nobody has asked.</summary>
    public SessionRecall? Recall { get; set; }
}
