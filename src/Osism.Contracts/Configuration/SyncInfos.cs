namespace Osism.Contracts.Configuration;

/// <summary>Asks for the newest state of the configuration repository, for <c>POST /v1/configuration/sync</c>.</summary>
/// <param name="Force">Also where local work is overwritten (a copy is kept) and while jobs run.</param>
/// <param name="Wait">Seconds to wait for running jobs before the answer is <c>repository.busy</c>; 0 to 60.</param>
public sealed record SyncConfiguration(bool Force, int Wait);

/// <summary>What a sync did.</summary>
/// <param name="Remote">Where it came from, without credentials.</param>
/// <param name="Branch">Branch, tag or commit that was asked for.</param>
/// <param name="Before">Commit before; null when there was none.</param>
/// <param name="After">Commit after.</param>
/// <param name="Changes">Files that differ between both.</param>
/// <param name="Preserved">Files that were kept as they were by <c>configuration_git_preserve_files</c>.</param>
/// <param name="Saved">Git ref under which overwritten local work is kept; null when nothing was overwritten.</param>
/// <param name="Warnings">What did not work and did not stop it.</param>
public sealed record SyncInfo(
    string Remote, string Branch, string? Before, string After, IReadOnlyList<ChangedFileInfo> Changes, IReadOnlyList<string> Preserved, string? Saved, IReadOnlyList<string> Warnings);

/// <param name="Status"><c>added</c>, <c>changed</c> or <c>removed</c>.</param>
/// <param name="File">Relative to the repository.</param>
public sealed record ChangedFileInfo(string Status, string File);
