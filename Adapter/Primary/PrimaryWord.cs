namespace OrleansAdapter.Primary;

/// <summary>
/// What the primary says to this process on its standard input, heard from the moment on that supervision is added. Until there is a host, a process that is
/// to leave or has lost its primary has nothing to leave: it ends.
/// </summary>
/// <param name="terminable">Whether it may be told to leave.</param>
/// <param name="exit">Ends the process, with success.</param>
internal sealed class PrimaryWord(bool terminable, Action exit)
{
    private static readonly Lock Gate = new();
    private static PrimaryWord? _ofThisProcess;

    private readonly Lock _lock = new();
    private SupervisedLifetime? _host;
    private bool _isEnding;

    private SupervisedLifetime? Host
    {
        get
        {
            lock (_lock)
            {
                return _host;
            }
        }
    }

    /// <summary>What is said to this process: it has one standard input, which is read from the first call on.</summary>
    /// <param name="terminable">Whether it may be told to leave.</param>
    public static PrimaryWord OfThisProcess(bool terminable)
    {
        lock (Gate)
        {
            if (_ofThisProcess is null)
            {
                _ofThisProcess = new PrimaryWord(terminable, ProcessEnd.Exit);
                ParentWatch.Start(_ofThisProcess.EndWithin, _ofThisProcess.Said);
            }
            return _ofThisProcess;
        }
    }

    /// <summary>The host from which on it decides what the primary's words mean.</summary>
    public void TellTo(SupervisedLifetime host)
    {
        lock (_lock)
        {
            _host = host;
        }
    }

    /// <summary>Takes one line.</summary>
    public void Said(string line)
    {
        if (line != SupervisionContract.DrainLine)
        {
            Host?.Answer(line);
        }
        else if (terminable)
        {
            Decide(static host => host.Leave());
        }
    }

    /// <summary>The primary is gone, or there is no more time.</summary>
    public void Gone() => Decide(static host => host.End());

    /// <summary>Ends this process, whatever it hangs in.</summary>
    private void EndWithin()
    {
        Gone();
        Thread.Sleep(SupervisionContract.EndLimit);
        ProcessEnd.Kill();
    }

    private void Decide(Action<SupervisedLifetime> tell)
    {
        SupervisedLifetime? host;
        lock (_lock)
        {
            host = _host;
            if (host is null && _isEnding)
            {
                return;
            }
            _isEnding |= host is null;
        }
        if (host is not null)
        {
            tell(host);
            return;
        }
        // On another thread: whoever reads the primary's words goes on, to end a process that hangs in its end.
        ThreadPool.UnsafeQueueUserWorkItem(static exit => exit(), exit, preferLocal: false);
    }
}
