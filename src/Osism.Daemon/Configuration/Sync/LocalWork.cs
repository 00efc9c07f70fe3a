namespace Osism.Daemon.Configuration.Sync;

/// <summary>What a sync would overwrite although nobody but this checkout has it.</summary>
/// <param name="Files">Files with other content than the incoming commit, sorted.</param>
/// <param name="Commits">Commits that no remote is known to have.</param>
internal sealed record LocalWork(IReadOnlyList<string> Files, int Commits)
{
    private const int MostNamed = 5;

    public bool IsNone => Files.Count == 0 && Commits == 0;

    /// <param name="target">Branch that will be moved; null when none is.</param>
    /// <param name="preserve">Paths that are left as they are anyway.</param>
    public static async Task<LocalWork> FindAsync(CheckoutGit git, string incoming, string? target, IReadOnlyList<string> preserve, CancellationToken cancellationToken)
    {
        var head = await git.FindAsync(cancellationToken, "rev-parse", "--verify", "--quiet", "HEAD^{commit}");
        var different = (await git.ListAsync(cancellationToken, "diff", "--name-only", "--no-renames", "-z", incoming)).ToHashSet(StringComparer.Ordinal);
        var files = new SortedSet<string>(StringComparer.Ordinal);
        if (head is not null)
        {
            // Changed here, in the work tree or only in the index, and not what comes.
            files.UnionWith(await git.ListAsync(cancellationToken, "diff", "--name-only", "--no-renames", "-z", head));
            files.UnionWith(await git.ListAsync(cancellationToken, "diff", "--name-only", "--no-renames", "-z", "--cached", head));
            files.IntersectWith(different);
        }

        // In the way of a file that comes, whether git was told to ignore it or not.
        var tracked = (await git.ListAsync(cancellationToken, "ls-files", "-z")).ToHashSet(StringComparer.Ordinal);
        var entries = await git.ListAsync(cancellationToken, "ls-tree", "-r", "-z", incoming);
        foreach (var entry in entries)
        {
            var tab = entry.IndexOf('\t', StringComparison.Ordinal);
            var (path, hash) = (entry[(tab + 1)..], entry[..tab].Split(' ')[2]);
            if (!tracked.Contains(path) && await IsInTheWayAsync(git, path, hash, cancellationToken))
                files.Add(path);
        }

        files.RemoveWhere(path => IsPreserved(path, preserve));
        return new LocalWork([.. files], await CountCommitsAsync(git, incoming, target, cancellationToken));
    }

    public static bool IsPreserved(string path, IReadOnlyList<string> preserve) =>
        preserve.Any(kept => path == kept || path.StartsWith(kept.TrimEnd('/') + "/", StringComparison.Ordinal));

    public string Describe()
    {
        var parts = new List<string>();
        if (Files.Count > 0)
            parts.Add($"{Files.Count} file{(Files.Count == 1 ? "" : "s")} ({string.Join(", ", Files.Take(MostNamed))}{(Files.Count > MostNamed ? ", ..." : "")})");
        if (Commits > 0)
            parts.Add($"{Commits} commit{(Commits == 1 ? "" : "s")} that were not pushed");
        return string.Join(" and ", parts);
    }

    private static async Task<bool> IsInTheWayAsync(CheckoutGit git, string path, string hash, CancellationToken cancellationToken)
    {
        var full = Path.Combine(git.Root, path);
        if (Directory.Exists(full) && new FileInfo(full).LinkTarget is null)
            return Directory.EnumerateFileSystemEntries(full).Any();
        return Path.Exists(full) && await git.FindAsync(cancellationToken, "hash-object", "--", path) != hash;
    }

    private static async Task<int> CountCommitsAsync(CheckoutGit git, string incoming, string? target, CancellationToken cancellationToken)
    {
        // A branch that is left keeps its commits; one without a name would lose them.
        var branch = await git.FindAsync(cancellationToken, "symbolic-ref", "--quiet", "HEAD");
        var losing = new List<string>();
        if (branch is null && await git.FindAsync(cancellationToken, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") is not null)
            losing.Add("HEAD");
        if (target is not null && await git.FindAsync(cancellationToken, "rev-parse", "--verify", "--quiet", $"refs/heads/{target}") is not null)
            losing.Add($"refs/heads/{target}");
        if (losing.Count == 0)
            return 0;
        List<string> not = [incoming];
        // What came from the remote once is nobody's local work, even when the remote was rewritten.
        if (await git.FindAsync(cancellationToken, "rev-parse", "--verify", "--quiet", ConfigurationSync.SyncedRef) is { } synced)
            not.Add(synced);
        if (branch is null)
            not.Add("--branches");
        return int.Parse(await git.MustAsync(cancellationToken, ["rev-list", "--count", .. losing, "--not", .. not, "--remotes", "--tags"]), System.Globalization.CultureInfo.InvariantCulture);
    }
}
