namespace Osism.Daemon.Recording.Events;

/// <summary>Kinds of lines the callback writes; names on the wire are those in <see cref="RunEventReader"/>.</summary>
internal enum RunEventKind
{
    /// <summary>A kind of a newer callback: it stays in the stream and makes no row.</summary>
    Other,
    RunStart,
    File,
    PlayStart,
    TaskStart,
    HostStart,
    Item,
    Retry,
    Host,
    Facts,
    NoHosts,
    Warning,
    Stats,
}
