namespace Desk;

/// <summary>Whether the desk takes new tickets. Handlers of different sockets run beside each other, so what they share is safe for threads.</summary>
internal sealed class Hours
{
    private volatile bool _open = true;

    public bool Open
    {
        get => _open;
        set => _open = value;
    }
}
