namespace Osism.Daemon.Runtimes;

/// <summary>A program to be run instead of a playbook. Stored with the job. It comes from the configuration repository, never from the API.</summary>
/// <param name="Argv">Program and arguments; no shell takes them apart.</param>
internal sealed record CommandRequest(IReadOnlyList<string> Argv)
{
    /// <summary>Identity of the manager's home whose repository it belongs to; null means that of the machine that runs it.</summary>
    public string? Origin { get; init; }

    /// <summary>Runs in this environment's folder and is held by its locks; null = the top of the repository, held by the lock of everything alone.</summary>
    public string? Environment { get; init; }

    /// <summary>Variables beside those every run has.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }
}
