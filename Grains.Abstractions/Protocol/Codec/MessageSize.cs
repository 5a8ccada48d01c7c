namespace OrleansAdapter.Protocol;

/// <summary>Estimates how many bytes a message takes in memory, for queues that are bounded in bytes: never much less than its encoded form.</summary>
internal static class MessageSize
{
    private const int Message = 128;
    private const int Entry = 64;
    private const int Life = 8;

    /// <summary>Estimates a message to a home.</summary>
    public static long Of(WorkerMessage message)
    {
        long size = Message;
        if (message is Submit submit)
        {
            for (var i = 0; i < submit.Operations.Count; i++)
            {
                size += submit.Operations[i].Size;
            }
        }
        else if (message is Register { History: { } history })
        {
            size += Of(history.Retained) + (Life * (long)history.List.Count) + (2 * Life * (long)history.Seen.Count) + (3 * Life * (long)history.Moved.Count);
            foreach (var item in history.Outbox)
            {
                size += Entry + item.Operation.Size;
            }
            foreach (var room in history.Rooms)
            {
                size += Entry + (2 * room.Name.Length);
            }
        }
        return size;
    }

    /// <summary>Estimates a message of a home.</summary>
    public static long Of(HomeMessage message)
    {
        long size = Message + (Life * ((message.Head?.List?.Count ?? 0L) + (message.Head?.Changes?.Count ?? 0L)));
        switch (message)
        {
            case Push push:
                size += Of(push.Entries);
                break;
            case Accepted accepted:
                foreach (var targets in accepted.Targets)
                {
                    size += Entry + (Life * (long)targets.Lives.Count);
                }
                foreach (var claim in accepted.Claims)
                {
                    size += Entry + Of(claim.Missed) + (claim.Session is { } session ? Of(session) : 0);
                }
                break;
            case Registered registered:
                foreach (var result in registered.Results)
                {
                    size += Entry + (Life * (long)(result.Targets?.Count ?? 0));
                }
                break;
            case Renewed renewed:
                foreach (var ended in renewed.Ended)
                {
                    size += Entry + (2L * ended.User.Length) + ended.Data.Length;
                }
                break;
        }
        return size;
    }

    /// <summary>Estimates a message of or for a server.</summary>
    public static long Of(ServerMessage message)
    {
        long size = Message;
        switch (message)
        {
            case Describe describe:
                size += 2L * describe.Description.Name.Length;
                break;
            case Answer answer:
                size += Of(answer);
                break;
            case Answers answers:
                foreach (var item in answers.Items)
                {
                    size += Of(item);
                }
                break;
        }
        return size;
    }

    /// <summary>Estimates one answer among others.</summary>
    public static long Of(Answer answer) => Message + answer.Body.Length + (2L * (answer.Error?.Length ?? 0));

    private static long Of(SessionMoved session)
    {
        long size = Entry + session.Data.Length;
        for (var i = 0; i < session.Rooms.Count; i++)
        {
            size += Entry + (2 * session.Rooms[i].Name.Length);
        }
        return size;
    }

    private static long Of(IReadOnlyList<Entry> entries)
    {
        long size = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            size += Entry + entries[i].Operation.Size;
        }
        return size;
    }
}
