using System.Net;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains;

/// <summary>What the directory logs, wherever it runs, and what its clients log about it.</summary>
internal static partial class DirectoryLog
{
    /// <summary>The category for log lines that belong to no type.</summary>
    public const string Category = "OrleansAdapter.Directory";

    [LoggerMessage(201, LogLevel.Information, "{Namespace}: a home has started with epoch {Epoch}, and holds")]
    public static partial void HomeStarted(ILogger logger, string @namespace, long epoch);

    [LoggerMessage(202, LogLevel.Information,
        "{Namespace}: epoch {Epoch} is open with {Admitted} servers, {Merged} of which remembered {Entries} entries; the last number is {Number}")]
    public static partial void Opened(ILogger logger, string @namespace, long epoch, int admitted, int merged, int entries, long number);

    [LoggerMessage(203, LogLevel.Information, "{Namespace}: server {Life} has left all rooms: {Reason}")]
    public static partial void Removed(ILogger logger, string @namespace, ServerId life, RemovalReason reason);

    [LoggerMessage(204, LogLevel.Debug, "{Namespace}: a mailbox event for {Life} is lost, and will be repaired")]
    public static partial void WriteFailed(ILogger logger, string @namespace, ServerId life, Exception exception);

    [LoggerMessage(205, LogLevel.Warning,
        "{Namespace}: the subscription of {Life}, which is gone, could not be removed. It is tried again; if this goes on, check the storage "
        + "of Orleans' streams")]
    public static partial void RemovalFailed(ILogger logger, string @namespace, ServerId life, Exception exception);

    [LoggerMessage(206, LogLevel.Information, "Server {Name} ({Process}) is new in the list")]
    public static partial void ServerAdded(ILogger logger, string name, ServerId process);

    [LoggerMessage(207, LogLevel.Information, "Server {Name} ({Process}) has left the list: {Reason}")]
    public static partial void ServerRemoved(ILogger logger, string name, ServerId process, RemovalReason reason);

    [LoggerMessage(208, LogLevel.Warning, "Part {Part} of the answer of {From} to request {Request} of {To} does not arrive: {Reason}. "
        + "Of Overflow: let who asks ask for less at once; the others come of servers that have gone")]
    public static partial void AnswerRefused(ILogger logger, ServerId from, long request, int part, ServerId to, AnswerRefusal reason);

    [LoggerMessage(209, LogLevel.Debug, "A call of the directory was lost ({What}), and will be repaired")]
    public static partial void CallLost(ILogger logger, string what, Exception exception);

    [LoggerMessage(210, LogLevel.Warning, "The directory cannot be reached; trying again until it can. Check that its silo runs")]
    public static partial void Lost(ILogger logger, Exception exception);

    [LoggerMessage(212, LogLevel.Error, "A message of the directory cannot be read and is left out. Servers whose versions are too far apart may say such a "
        + "thing; otherwise it is a bug in OrleansAdapter")]
    public static partial void Unreadable(ILogger logger, Exception exception);

    [LoggerMessage(213, LogLevel.Debug, "{Namespace}: no mailbox stream for {Life} yet")]
    public static partial void SubscribeFailed(ILogger logger, string @namespace, ServerId life, Exception exception);

    [LoggerMessage(214, LogLevel.Critical, "The directory refuses this server; it will not be tried again. Do what the exception says, and start it anew")]
    public static partial void Refused(ILogger logger, Exception exception);

    [LoggerMessage(215, LogLevel.Error, "{Namespace}: the home could not handle a message. This is a bug in OrleansAdapter")]
    public static partial void HomeFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(226, LogLevel.Warning,
        "{Namespace}: a turn of the home has taken {Milliseconds} ms, in which nobody else in the namespace was served. It did {Count} things; the longest was "
        + "{What}. Where this goes on, the silo's machine has too much to do, or the namespace is to be divided into several")]
    public static partial void TurnTookLong(ILogger logger, string @namespace, long milliseconds, object what, int count);

    [LoggerMessage(216, LogLevel.Error, "The list of servers could not handle a message. This is a bug in OrleansAdapter")]
    public static partial void ServersFailed(ILogger logger, Exception exception);

    [LoggerMessage(217, LogLevel.Critical,
        "{Namespace}: the servers' histories contradict each other, so all that have one are fenced. {Message} This is a bug in OrleansAdapter, or servers of "
        + "different clusters share a directory")]
    public static partial void HistoriesConflict(ILogger logger, string @namespace, string message);

    [LoggerMessage(218, LogLevel.Information, "No directory is configured, so it runs in this process, and this server is alone")]
    public static partial void InProcess(ILogger logger);

    [LoggerMessage(219, LogLevel.Warning,
        "No silo of the directory's cluster \"{Cluster}\" has let this process in for {Seconds} s; it goes on trying. Check that one runs, that Gateways name "
        + "it, and that both have the same ClusterId and the same secret (SecretFile), or none")]
    public static partial void WaitsForSilo(ILogger logger, string cluster, long seconds, Exception exception);

    [LoggerMessage(220, LogLevel.Warning,
        "The directory has not answered for {Seconds} s; this server goes on asking. Check that its silo runs and is not overloaded")]
    public static partial void WaitsForDirectory(ILogger logger, long seconds, Exception exception);

    [LoggerMessage(221, LogLevel.Warning,
        "A connection of {RemoteEndPoint} to this silo's port {Port} was closed: {Why}. Let only silos and clients of this cluster reach it "
        + "({LeftOut} more since this was last said)")]
    public static partial void Stranger(ILogger logger, EndPoint? remoteEndPoint, int port, string why, int leftOut);

    [LoggerMessage(222, LogLevel.Error,
        "The silo at {RemoteEndPoint} cannot be used: {Why}. This process's secret is that of {File} (OrleansAdapter:Directory:SecretFile); silos and "
        + "clients of one cluster need the same, and reach a silo at the very port that it names ({LeftOut} more since this was last said)")]
    public static partial void NotProved(ILogger logger, EndPoint? remoteEndPoint, string why, string file, int leftOut);

    [LoggerMessage(224, LogLevel.Warning,
        "There is no TLS with {RemoteEndPoint}, and the connection is closed: one of the two ends has no certificate, or one that is not signed by what is in "
        + "the other's OrleansAdapter:Directory:Tls:AuthorityFile, or has run out. Check the files of both ({LeftOut} more since this was last said)")]
    public static partial void NoTls(ILogger logger, EndPoint? remoteEndPoint, int leftOut);

    [LoggerMessage(223, LogLevel.Warning,
        "The silo at {RemoteEndPoint} could not be connected to, and will be tried again: {Why}. Check that it runs and is of this cluster "
        + "({LeftOut} more since this was last said)")]
    public static partial void ProofBroken(ILogger logger, EndPoint? remoteEndPoint, string why, int leftOut);

    [LoggerMessage(227, LogLevel.Warning,
        "The database in which the silos of cluster \"{Cluster}\" find each other has not answered for {Seconds} s; this process starts when it does. "
        + "Check that the database runs, that the connection string is right and, with PostgreSQL, that `Silo database init` has made the tables")]
    public static partial void WaitsForDatabase(ILogger logger, string cluster, long seconds, Exception exception);

    [LoggerMessage(229, LogLevel.Warning,
        "The homes in this silo have accepted nothing for {Seconds} s, because it is not sure of its place, and another silo may have taken it: {Why}. They go "
        + "on when it can read the table of silos again, or hears silos on most of the machines; check the database and the network")]
    public static partial void NotSure(ILogger logger, long seconds, string why);

    [LoggerMessage(230, LogLevel.Warning, "This silo is sure of its place again, after {Seconds} s, and its homes go on")]
    public static partial void SureAgain(ILogger logger, long seconds);

    [LoggerMessage(231, LogLevel.Warning,
        "The pod {Pod} is gone, so Kubernetes says: its silo at {Silo} is being declared dead. Where nobody took it away, check the events of the pod and its "
        + "node")]
    public static partial void PodGone(ILogger logger, string pod, string silo);

    [LoggerMessage(232, LogLevel.Warning,
        "Kubernetes does not tell which pods there are, and is asked again: {Why} Check that its API server runs and is reached, and mend what it refuses. "
        + "Until then silos whose pods are gone are found out by the others alone, which takes seconds")]
    public static partial void PodsUnknown(ILogger logger, string why, Exception exception);

    [LoggerMessage(233, LogLevel.Warning, "Kubernetes tells again which pods there are")]
    public static partial void PodsAgain(ILogger logger);

    [LoggerMessage(234, LogLevel.Warning,
        "The table of silos cannot be read or written, so none is declared dead whose pod is gone; it is tried again: {Why} Check the database in which the "
        + "silos find each other")]
    public static partial void SilosUnknown(ILogger logger, string why, Exception exception);

    [LoggerMessage(235, LogLevel.Warning, "The table of silos can be read again, and is compared with the pods that there are")]
    public static partial void SilosAgain(ILogger logger);

    [LoggerMessage(236, LogLevel.Warning,
        "Connections of this version of Orleans cannot be told to end when their other end is silent: after a cut of the network they may stand still for as "
        + "long again. Give this program the version of Orleans that this package names")]
    public static partial void Unlimited(ILogger logger, Exception exception);

    [LoggerMessage(237, LogLevel.Information, "The cluster has several machines: homes in this silo acknowledge what a second one has")]
    public static partial void SeveralMachines(ILogger logger);

    [LoggerMessage(238, LogLevel.Information, "The cluster has no other machine any more: homes in this silo acknowledge what they have accepted")]
    public static partial void OneMachine(ILogger logger);

    [LoggerMessage(228, LogLevel.Warning, "The database in which the silos of cluster \"{Cluster}\" find each other answers")]
    public static partial void FoundDatabase(ILogger logger, string cluster);
}
