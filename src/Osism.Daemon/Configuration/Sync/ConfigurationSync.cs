using System.Globalization;
using Osism.Contracts;
using Osism.Contracts.Configuration;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Configuration.Sync;

/// <summary>Brings the checkout to the newest state of its remote: fetch, look what would be lost, wait for runs, check out.</summary>
/// <remarks>Only the last step touches files. When the manager dies within it, git's own index and the copies of preserved files below <c>.git</c> let the next sync finish it.</remarks>
internal sealed partial class ConfigurationSync(
    ConfigurationRepository repository, RepositoryFiles files, VaultFiles vault, VaultPasswords passwords, RunsAtRest runs, OsismHome home, TimeProvider time, ILogger<ConfigurationSync> log) : IDisposable
{
    /// <summary>The commit a sync left last.</summary>
    public const string SyncedRef = "refs/osism/synced";

    private const string IncomingRef = "refs/osism/incoming";
    private const string SavedRefs = "refs/osism/saved/";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(300);

    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <param name="force">Overwrite local work (a copy is kept) and go on while jobs run.</param>
    /// <param name="wait">How long to wait for running jobs.</param>
    /// <param name="by">Who asks.</param>
    /// <exception cref="OsismException"><c>repository.*</c>, <c>remote.unreachable</c>, <c>vault.*</c>, <c>yaml.broken</c>.</exception>
    public async Task<SyncInfo> RunAsync(bool force, TimeSpan wait, string by, CancellationToken cancellationToken)
    {
        repository.Require();
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var git = await CheckoutGit.OpenAsync(repository.Root, time, cancellationToken);
            var kept = new PreservedFiles(git);
            await kept.RestoreAsync(cancellationToken);
            var source = await SyncSource.ReadAsync(files, vault, passwords, cancellationToken);
            var (branch, isBranch) = await FetchAsync(git, source, cancellationToken);
            var after = await git.MustAsync(cancellationToken, "rev-parse", "--verify", $"{IncomingRef}^{{commit}}");
            after = after.Trim();
            var before = await git.FindAsync(cancellationToken, "rev-parse", "--verify", "--quiet", "HEAD^{commit}");
            var work = await LocalWork.FindAsync(git, after, isBranch ? branch : null, source.Preserve, cancellationToken);
            if (!work.IsNone && !force)
            {
                throw new OsismException(ErrorCodes.RepositoryLocalWork, $"a sync would overwrite {work.Describe()} in {repository.Root}: commit and push, or use --force, which keeps a copy")
                {
                    File = work.Files.Count > 0 ? work.Files[0] : null,
                };
            }

            await using var held = force ? null : await RestAsync(wait, cancellationToken);
            var saved = work.IsNone ? null : await SaveAsync(git, work, cancellationToken);
            // From here on nobody's leaving ends it: half a checkout is no state to leave behind.
            var preserved = await kept.KeepAsync(source.Preserve, CancellationToken.None);
            try
            {
                await git.MustAsync(CancellationToken.None, isBranch ? ["checkout", "--quiet", "--force", "-B", branch, after] : ["checkout", "--quiet", "--force", "--detach", after]);
                await git.MustAsync(CancellationToken.None, "update-ref", SyncedRef, after);
            }
            finally
            {
                await kept.RestoreAsync(CancellationToken.None);
            }

            var warnings = new List<string>();
            await ModulesAsync(git, source, warnings);
            var remote = await RemoteAsync(git, source, CancellationToken.None);
            LogSynced(remote, branch, before, after, by);
            return new SyncInfo(remote, branch, before, after, await ChangesAsync(git, before, after), preserved, saved, warnings);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private static async Task<string> RemoteAsync(CheckoutGit git, SyncSource source, CancellationToken cancellationToken) =>
        CheckoutGit.WithoutCredentials(source.Url ?? await git.FindAsync(cancellationToken, "remote", "get-url", "origin") ?? "origin");

    private async Task<(string Branch, bool IsBranch)> FetchAsync(CheckoutGit git, SyncSource source, CancellationToken cancellationToken)
    {
        var version = source.Version ?? await git.FindAsync(cancellationToken, "symbolic-ref", "--quiet", "--short", "HEAD")
            ?? throw new OsismException(ErrorCodes.RepositoryNoGit, "no branch is checked out, and configuration_git_version names none: there is nothing to follow");
        if (await git.FindAsync(cancellationToken, "check-ref-format", "--allow-onelevel", "--normalize", version) is null || version.StartsWith('-'))
            throw new OsismException(ErrorCodes.ConfigurationBroken, $"configuration_git_version is '{version}', which is no name of a branch, tag or commit");
        using var key = SyncKey.Of(source, git.Owner, home);
        var remote = source.Url ?? "origin";
        var result = await TryAsync($"+refs/heads/{version}:{IncomingRef}");
        if (result.ExitCode == 0)
            return (version, true);
        // No such branch: a tag or a commit.
        if (result.Error.Contains("couldn't find remote ref", StringComparison.Ordinal))
        {
            result = await TryAsync($"+{version}:{IncomingRef}");
            if (result.ExitCode == 0)
                return (version, false);
        }

        throw CheckoutGit.Failed(ErrorCodes.RemoteUnreachable, $"'{version}' cannot be fetched from {await RemoteAsync(git, source, cancellationToken)}", result);

        Task<Platform.Processes.ProcessResult> TryAsync(string refs) =>
            git.RunAsync(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--", remote, refs], key.Environment, cancellationToken);
    }

    /// <summary>Waits until no run reads the repository, and keeps new ones from starting.</summary>
    private async Task<IAsyncDisposable> RestAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var running = await runs.ListAsync(cancellationToken);
            if (running.Count == 0)
            {
                var held = await runs.HoldAsync(cancellationToken);
                // One may have begun before the door was closed.
                running = await runs.ListAsync(cancellationToken);
                if (running.Count == 0)
                    return held;
                await held.DisposeAsync();
            }

            if (time.GetElapsedTime(began) >= wait)
                throw new OsismException(ErrorCodes.RepositoryBusy, $"{running.Count} running job{(running.Count == 1 ? " reads" : "s read")} the configuration repository: {string.Join("; ", running.Take(3))}{(running.Count > 3 ? "; ..." : "")}");
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Keeps what will be overwritten as a commit that no branch holds.</summary>
    private async Task<string> SaveAsync(CheckoutGit git, LocalWork work, CancellationToken cancellationToken)
    {
        var name = SavedRefs + time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var index = new Dictionary<string, string>(StringComparer.Ordinal) { ["GIT_INDEX_FILE"] = Path.Combine(git.Folder, "osism-index") };
        var head = await git.FindAsync(cancellationToken, "rev-parse", "--verify", "--quiet", "HEAD^{commit}");
        await MustAsync(head is null ? ["read-tree", "--empty"] : ["read-tree", head]);
        foreach (var some in work.Files.Chunk(100))
            await MustAsync(["add", "--all", "--force", "--", .. some]);
        var tree = await MustAsync(["write-tree"]);
        var commit = await MustAsync(["commit-tree", "-m", "Local work that a sync replaced", .. head is null ? (string[])[] : ["-p", head], tree]);
        await MustAsync(["update-ref", name, commit]);
        await git.ProgramAsync(["rm", "-f", "--", index["GIT_INDEX_FILE"]], cancellationToken);
        return name;

        async Task<string> MustAsync(string[] arguments)
        {
            var result = await git.RunAsync(arguments, index, cancellationToken);
            return result.ExitCode == 0 ? result.Output.Trim() : throw CheckoutGit.Failed(ErrorCodes.RepositoryUnreadable, "the local work cannot be kept, so nothing was changed", result);
        }
    }

    private async Task ModulesAsync(CheckoutGit git, SyncSource source, List<string> warnings)
    {
        if (!File.Exists(Path.Combine(git.Root, ".gitmodules")))
            return;
        using var key = SyncKey.Of(source, git.Owner, home);
        var result = await git.RunAsync(["submodule", "--quiet", "update", "--init", "--force", "--recursive"], key.Environment, CancellationToken.None);
        if (result.ExitCode != 0)
            warnings.Add(CheckoutGit.Failed(ErrorCodes.RemoteUnreachable, "submodules were not brought up to date", result).Message);
    }

    private static async Task<List<ChangedFileInfo>> ChangesAsync(CheckoutGit git, string? before, string after)
    {
        if (before is null || before == after)
            return [];
        var parts = await git.ListAsync(CancellationToken.None, "diff", "--name-status", "--no-renames", "-z", before, after);
        return [.. parts.Chunk(2).Where(pair => pair.Length == 2).Select(pair => new ChangedFileInfo(pair[0] switch { "A" => "added", "D" => "removed", _ => "changed" }, pair[1]))];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Configuration repository brought from {Before} to {After}, {Branch} of {Remote}, by {Actor}")]
    private partial void LogSynced(string remote, string branch, string? before, string after, string actor);
}
