namespace Osism.Daemon.Recording;

/// <summary>Where a playbook, a play or a task is. Numbers reach the database, lower-case names the ARA clients.</summary>
internal enum RecordStatus : short
{
    Unknown = 0,

    /// <summary>Its process went away without a word of its end.</summary>
    Expired = 1,
    Running = 2,
    Completed = 3,
    Failed = 4,
}
