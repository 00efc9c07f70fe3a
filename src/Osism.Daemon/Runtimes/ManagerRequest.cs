namespace Osism.Daemon.Runtimes;

/// <summary>Work of a manager on itself. Stored with the job. It comes from the manager's own schedules, never from the API or the repository.</summary>
/// <param name="Words">What stands behind <c>osism manager</c>.</param>
/// <param name="Origin">Identity of the manager's home.</param>
internal sealed record ManagerRequest(IReadOnlyList<string> Words, string? Origin);
