using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Security;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// Has silos and clients prove to each other that they have the cluster's secret, before Orleans says its first word on a connection: who has not got it
/// does not even learn what the cluster is called. The proof names the gateway's or silo's port, so that nobody can stand at another port and pass it on.
/// </summary>
/// <param name="file">The file with the secret.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class ConnectionProof(string file, TimeProvider time, ILogger logger)
{
    private readonly ProofGate _gate = new(ClusterSecret.Read(file), time);
    private readonly LogInterval _refused = new(time);
    private readonly LogInterval _failed = new(time);
    private readonly LogInterval _broken = new(time);

    private static string PurposeOf(int port) => string.Create(CultureInfo.InvariantCulture, $"Orleans at port {port}");

    /// <summary>At the end that makes the connection.</summary>
    /// <remarks>
    /// A connection that just ends is no line in the log: processes die, and Orleans tells what waits. The token that says that the connection is closed does
    /// not end this: it may come before the last bytes have been read, which say why.
    /// </remarks>
    public ConnectionDelegate Connecting(ConnectionDelegate next) => async connection =>
    {
        try
        {
            var port = (connection.RemoteEndPoint as IPEndPoint)?.Port ?? 0;
            await _gate.ConnectAsync(PurposeOf(port), connection.Transport, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProofException exception)
        {
            if (exception.IsOfSecrets)
            {
                if (_failed.IsDue(out var leftOut))
                {
                    DirectoryLog.NotProved(logger, connection.RemoteEndPoint, exception.Message, file, leftOut);
                }
            }
            else if (exception.Failure != ProofFailure.Ended && _broken.IsDue(out var leftOut))
            {
                DirectoryLog.ProofBroken(logger, connection.RemoteEndPoint, exception.Message, leftOut);
            }
            throw;
        }
        await next(connection).ConfigureAwait(false);
    };

    /// <summary>At the end that the connection is made to.</summary>
    /// <param name="port">The port by which the silo is known to whoever connects.</param>
    public Func<ConnectionDelegate, ConnectionDelegate> Accepting(int port) => next => async connection =>
    {
        try
        {
            await _gate.AcceptAsync(PurposeOf(port), connection.Transport, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProofException exception)
        {
            if (exception.Failure != ProofFailure.Ended && _refused.IsDue(out var leftOut))
            {
                DirectoryLog.Stranger(logger, connection.RemoteEndPoint, port, exception.Message, leftOut);
            }
            throw;
        }
        await next(connection).ConfigureAwait(false);
    };
}
