using System.Diagnostics;
using Osism.Daemon.Configuration;
using Osism.Testing;

namespace Osism.Tests.Configuration;

/// <summary>The commit of HEAD, compared with git.</summary>
public sealed class GitHeadTests
{
    [Fact]
    public void Reads_loose_and_packed_refs_detached_heads_work_trees_and_folders_below()
    {
        using var folder = new TempFolder();
        var repository = folder["repository"];
        Git(folder.Path, "init", "-q", "-b", "main", repository);
        Assert.Null(GitHead.Find(repository));
        Commit(repository, "one");
        Assert.Equal(Head(repository), GitHead.Find(repository));
        Directory.CreateDirectory(Path.Combine(repository, "a/b"));
        Assert.Equal(Head(repository), GitHead.Find(Path.Combine(repository, "a/b")));

        Git(repository, "checkout", "-q", "-b", "feature/x");
        Commit(repository, "two");
        Git(repository, "pack-refs", "--all");
        Assert.Equal(Head(repository), GitHead.Find(repository));
        Git(repository, "checkout", "-q", "HEAD~1");
        Assert.Equal(Head(repository), GitHead.Find(repository));

        var tree = folder["tree"];
        Git(repository, "worktree", "add", "-q", tree, "feature/x");
        Assert.NotEqual(Head(repository), Head(tree));
        Assert.Equal(Head(tree), GitHead.Find(tree));
        Commit(tree, "three");
        Assert.Equal(Head(tree), GitHead.Find(tree));

        Git(repository, "symbolic-ref", "refs/heads/alias", "refs/heads/main");
        Git(repository, "symbolic-ref", "HEAD", "refs/heads/alias");
        Assert.Equal(Head(repository), GitHead.Find(repository));

        var packed = folder["sha256"];
        Git(folder.Path, "init", "-q", "--object-format=sha256", packed);
        Commit(packed, "one");
        Assert.Equal(Head(packed), GitHead.Find(packed));
    }

    [Fact]
    public void Outside_git_and_with_nonsense_in_head_there_is_none()
    {
        using var folder = new TempFolder();
        Assert.Null(GitHead.Find(folder.Path));
        Directory.CreateDirectory(folder[".git"]);
        foreach (var nonsense in new[] { "", "ref: ../../etc/passwd", "ref: /etc/passwd", "ref: HEAD", "xyz" })
        {
            File.WriteAllText(folder[".git/HEAD"], nonsense);
            Assert.Null(GitHead.Find(folder.Path));
        }
    }

    [Fact]
    public async Task The_work_tree_is_dirty_with_any_difference_but_not_with_ignored_files()
    {
        using var folder = new TempFolder();
        Git(folder.Path, "init", "-q");
        await File.WriteAllTextAsync(folder[".gitignore"], "secrets\n", TestContext.Current.CancellationToken);
        Git(folder.Path, "add", ".");
        Commit(folder.Path, "one");
        await File.WriteAllTextAsync(folder["secrets"], "x", TestContext.Current.CancellationToken);
        Assert.False(await GitProgram.IsDirtyAsync(folder.Path, TestContext.Current.CancellationToken));
        await File.WriteAllTextAsync(folder["new"], "x", TestContext.Current.CancellationToken);
        Assert.True(await GitProgram.IsDirtyAsync(folder.Path, TestContext.Current.CancellationToken));
        using var outside = new TempFolder();
        Assert.Null(await GitProgram.IsDirtyAsync(outside.Path, TestContext.Current.CancellationToken));
    }

    private static void Commit(string folder, string message) =>
        Git(folder, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", message);

    private static string Head(string folder)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", folder, "rev-parse", "HEAD"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }

    private static void Git(string folder, params string[] arguments)
    {
        using var git = Process.Start("git", ["-C", folder, .. arguments]);
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
    }
}
