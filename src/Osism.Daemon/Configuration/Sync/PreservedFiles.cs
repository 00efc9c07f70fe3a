namespace Osism.Daemon.Configuration.Sync;

/// <summary>Files that stay as they are over a checkout: copied below <c>.git</c> before and back afterwards, also by the next sync when the manager died between.</summary>
internal sealed class PreservedFiles(CheckoutGit git)
{
    private string Folder => Path.Combine(git.Folder, "osism-preserved");

    /// <summary>Copies what is there; gives the paths that are.</summary>
    public async Task<List<string>> KeepAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var there = paths.Where(path => Path.Exists(Path.Combine(git.Root, path))).Distinct(StringComparer.Ordinal).ToList();
        if (there.Count == 0)
            return there;
        // Half a copy must not be taken for a whole one.
        await git.ProgramAsync(["rm", "-rf", "--", $"{Folder}.new"], cancellationToken);
        await git.ProgramAsync(["mkdir", "--", $"{Folder}.new"], cancellationToken);
        await git.ProgramAsync(["cp", "--archive", "--parents", "--", .. there, $"{Folder}.new"], cancellationToken);
        await git.ProgramAsync(["mv", "--no-target-directory", "--", $"{Folder}.new", Folder], cancellationToken);
        return there;
    }

    /// <summary>Puts back what was copied, if anything was.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Folder))
            return;
        await git.ProgramAsync(["cp", "--archive", "--", $"{Folder}/.", git.Root], cancellationToken);
        await git.ProgramAsync(["rm", "-rf", "--", Folder], cancellationToken);
    }
}
