namespace Osism.Daemon.Recording;

/// <summary>What a module said about one task on one host. Numbers reach the database, lower-case names the ARA clients.</summary>
/// <remarks>Whether something changed, and whether a failure was ignored, stands beside it: people see <c>changed</c> and <c>ignored</c> as two more.</remarks>
internal enum ResultStatus : short
{
    Unknown = 0,
    Ok = 1,
    Failed = 2,
    Skipped = 3,
    Unreachable = 4,
}
