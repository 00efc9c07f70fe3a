using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Configuration;
using Osism.Contracts.Jobs;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Protocols.Vault;
using Osism.Testing;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;

namespace Osism.Tests.Configuration.Sync;

/// <summary>A manager whose repository is a checkout of a bare one, with git itself on both sides.</summary>
public sealed class ConfigurationSyncTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private Manager _manager = null!;

    private string Bare => _folder["bare.git"];

    private string Work => _folder["work"];

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync();
        Write("environments/manager/configuration.yml", "dummy: 1\n");
        Write(".gitignore", "secrets\nignored.yml\n");
        await GitAsync(_folder.Path, "init", "-q", "--bare", "-b", "main", Bare);
        await GitAsync(_manager.Repository, "init", "-q", "-b", "main");
        await CommitAsync(_manager.Repository, "first");
        await GitAsync(_manager.Repository, "remote", "add", "origin", $"file://{Bare}");
        await GitAsync(_manager.Repository, "push", "-q", "-u", "origin", "main");
        await GitAsync(_folder.Path, "clone", "-q", Bare, Work);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_newest_state_is_there_afterwards_and_its_changes_are_named()
    {
        var before = await HeadAsync();
        var after = await PushAsync(("environments/new.yml", "a: 1\n"), ("environments/secrets.yml", "b: 2\n"), ("environments/configuration.yml", null));

        var info = await SyncAsync();

        Assert.Equal(("main", before, after, $"file://{Bare}"), (info.Branch, info.Before, info.After, info.Remote));
        Assert.Equal(["removed environments/configuration.yml", "added environments/new.yml", "changed environments/secrets.yml"], info.Changes.Select(change => $"{change.Status} {change.File}"));
        Assert.Equal("b: 2\n", Read("environments/secrets.yml"));
        Assert.False(File.Exists(PathOf("environments/configuration.yml")));
        Assert.Equal(("", "main"), (await GitAsync(_manager.Repository, "status", "--porcelain"), (await GitAsync(_manager.Repository, "branch", "--show-current")).Trim()));
        Assert.Null(info.Saved);

        var again = await SyncAsync();
        Assert.Equal((after, after, 0), (again.Before, again.After, again.Changes.Count));
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("staged")]
    [InlineData("deleted")]
    [InlineData("untracked")]
    [InlineData("ignored")]
    [InlineData("committed")]
    [InlineData("committed detached")]
    public async Task Local_work_is_not_overwritten_without_force_and_is_kept_with_it(string kind)
    {
        await PushAsync(("environments/secrets.yml", "theirs: 1\n"), ("environments/new.yml", "theirs: 1\n"), ("ignored.yml", "theirs: 1\n"));
        var file = kind switch { "untracked" => "environments/new.yml", "ignored" => "ignored.yml", _ => "environments/secrets.yml" };
        if (kind == "deleted")
            File.Delete(PathOf(file));
        else
            Write(file, "mine: 1\n");
        if (kind == "staged")
            await GitAsync(_manager.Repository, "add", "-A");
        if (kind == "committed detached")
            await GitAsync(_manager.Repository, "checkout", "-q", "--detach");
        if (kind.StartsWith("committed", StringComparison.Ordinal))
            await CommitAsync(_manager.Repository, "mine");
        if (kind == "committed detached")
            Write("environments/manager/configuration.yml", "dummy: 1\nconfiguration_git_version: main\n");
        var (head, status) = (await HeadAsync(), await GitAsync(_manager.Repository, "status", "--porcelain", "--ignored"));

        var problem = await Manager.ProblemAsync(PostAsync(force: false));

        Assert.Equal((409, "repository.local_work"), (problem.Status, problem.Code));
        Assert.Contains(kind.StartsWith("committed", StringComparison.Ordinal) ? "1 commit" : file, problem.Detail, StringComparison.Ordinal);
        Assert.Equal((head, status), (await HeadAsync(), await GitAsync(_manager.Repository, "status", "--porcelain", "--ignored")));
        var info = await SyncAsync(force: true);
        Assert.Equal("theirs: 1\n", Read(file));
        var kept = await new Command("git") { Arguments = ["-C", _manager.Repository, "show", $"{info.Saved}:{file}"] }.RunAsync(_token);
        Assert.Equal(kind == "deleted" ? (128, "") : (0, "mine: 1\n"), (kept.ExitCode, kept.Text));
        Assert.DoesNotContain("osism-index", string.Join(' ', Directory.GetFiles(PathOf(".git"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_nothing_comes_for_stays_and_so_does_work_that_is_what_comes()
    {
        await PushAsync(("environments/secrets.yml", "theirs: 1\n"), ("environments/new.yml", "theirs: 1\n"));
        Write("environments/notes.txt", "mine\n");
        Write("environments/secrets.yml", "theirs: 1\n");
        Write("environments/new.yml", "theirs: 1\n");

        await SyncAsync();

        Assert.Equal(("mine\n", "?? environments/notes.txt\n"), (Read("environments/notes.txt"), await GitAsync(_manager.Repository, "status", "--porcelain")));
    }

    [Fact]
    public async Task A_remote_that_was_rewritten_is_followed()
    {
        await PushAsync(("environments/new.yml", "a: 1\n"));
        await SyncAsync();
        await GitAsync(Work, "reset", "-q", "--hard", "HEAD~1");
        Write("environments/other.yml", "b: 1\n", Work);
        await CommitAsync(Work, "instead");
        await GitAsync(Work, "push", "-q", "--force");

        await SyncAsync();

        Assert.Equal((false, true), (File.Exists(PathOf("environments/new.yml")), File.Exists(PathOf("environments/other.yml"))));
    }

    [Fact]
    public async Task Preserved_files_stay_as_they_are_also_when_the_manager_dies_within_a_sync()
    {
        Write("netbox/settings.toml", "x = 0\n");
        Write("environments/manager/configuration.yml", "configuration_git_preserve_files:\n  - netbox/settings.toml\n  - /kept\n  - ../outside\n  - nowhere\n");
        await CommitAsync(_manager.Repository, "second");
        await GitAsync(_manager.Repository, "push", "-q");
        await GitAsync(Work, "pull", "-q");
        await PushAsync(("netbox/settings.toml", "x = 1\n"), ("kept/a/b", "theirs\n"));
        Write("netbox/settings.toml", "x = 2\n");
        Write("kept/a/b", "mine\n");

        var info = await SyncAsync();

        Assert.Equal(["netbox/settings.toml", "kept"], info.Preserved);
        Assert.Equal(("x = 2\n", "mine\n"), (Read("netbox/settings.toml"), Read("kept/a/b")));
        Assert.False(Directory.Exists(PathOf(".git/osism-preserved")));

        // What a sync that died had put aside.
        Write(".git/osism-preserved/netbox/settings.toml", "x = 3\n");
        await SyncAsync();
        Assert.Equal("x = 3\n", Read("netbox/settings.toml"));
    }

    [Fact]
    public async Task A_branch_or_a_tag_that_the_configuration_names_is_checked_out()
    {
        await GitAsync(Work, "checkout", "-q", "-b", "next");
        Write("environments/manager/configuration.yml", "configuration_git_version: next\n", Work);
        await CommitAsync(Work, "next");
        await GitAsync(Work, "tag", "v1");
        await GitAsync(Work, "push", "-q", "origin", "next", "v1");
        Write("environments/manager/configuration.yml", "configuration_git_version: next\n");
        Assert.Equal("next", (await SyncAsync()).Branch);
        Assert.Equal("next", (await GitAsync(_manager.Repository, "branch", "--show-current")).Trim());

        Write("environments/manager/configuration.yml", "configuration_git_version: v1\n");
        Assert.Equal("v1", (await SyncAsync(force: true)).Branch);
        Assert.Equal("", (await GitAsync(_manager.Repository, "branch", "--show-current")).Trim());
        Write("environments/manager/configuration.yml", "configuration_git_version: '--upload-pack=x'\n");
        Assert.Equal("configuration.broken", (await Manager.ProblemAsync(PostAsync(force: true))).Code);
    }

    [Fact]
    public async Task A_run_is_waited_for_and_force_goes_past_it()
    {
        await PushAsync(("environments/new.yml", "a: 1\n"));
        _manager.Play($"touch {_folder["began"]}; until [ -e {_folder["go"]} ]; do sleep 0.05; done");
        Write("environments/custom/playbook-wait.yml", "- hosts: all\n  tasks: []\n");
        foreach (var file in new[] { "configuration", "images", "secrets" })
            Write($"environments/custom/{file}.yml", "a: b\n");
        var job = await _manager.SubmitAsync(new SubmitJob { Role = "wait" });
        await Eventually.TrueAsync(() => File.Exists(_folder["began"]), "the run began", _token);

        var problem = await Manager.ProblemAsync(PostAsync(force: false));

        Assert.Equal((409, "repository.busy"), (problem.Status, problem.Code));
        Assert.Contains($"{job.Id}", problem.Detail, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("environments/new.yml")));
        var waiting = SyncAsync(wait: 60);
        await File.WriteAllTextAsync(_folder["go"], "", _token);
        await waiting;
        Assert.True(File.Exists(PathOf("environments/new.yml")));
        // Its own lock is gone.
        Assert.Empty((await _manager.GetAsync(ApiRoutes.Locks, OsismJson.Default.PageLockInfo)).Items);

        File.Delete(_folder["go"]);
        File.Delete(_folder["began"]);
        await PushAsync(("environments/newer.yml", "a: 1\n"));
        await _manager.SubmitAsync(new SubmitJob { Role = "wait" });
        await Eventually.TrueAsync(() => File.Exists(_folder["began"]), "the run began", _token);
        await SyncAsync(force: true);
        Assert.True(File.Exists(PathOf("environments/newer.yml")));
        await File.WriteAllTextAsync(_folder["go"], "", _token);
    }

    [Fact]
    public async Task What_does_not_answer_or_is_no_checkout_is_named_without_credentials()
    {
        await GitAsync(_manager.Repository, "remote", "set-url", "origin", "http://somebody:hunter2@127.0.0.1:1/x.git");
        var away = await Manager.ProblemAsync(PostAsync(force: false));
        Assert.Equal((502, "remote.unreachable"), (away.Status, away.Code));
        Assert.DoesNotContain("hunter2", away.Detail, StringComparison.Ordinal);

        await GitAsync(_manager.Repository, "remote", "set-url", "origin", $"file://{Bare}");
        await GitAsync(_manager.Repository, "checkout", "-q", "-b", "nobody-has-it");
        Assert.Equal("remote.unreachable", (await Manager.ProblemAsync(PostAsync(force: false))).Code);
        Directory.Delete(PathOf(".git"), recursive: true);
        Assert.Equal("repository.no_git", (await Manager.ProblemAsync(PostAsync(force: false))).Code);
    }

    [Fact]
    public async Task A_key_that_is_sealed_is_said_to_be()
    {
        Write("environments/manager/secrets.yml", System.Text.Encoding.UTF8.GetString(AnsibleVault.Encrypt("configuration_git_private_key: x\n"u8, "pass")));
        Assert.Equal("vault.sealed", (await Manager.ProblemAsync(PostAsync(force: false))).Code);
        await _manager.Get<VaultKeeper>().SetPasswordAsync("pass", "test", _token);
        await SyncAsync();
        // Another test of this machine may be at it just now.
        await Eventually.TrueAsync(() => !Directory.Exists("/dev/shm") || Directory.GetDirectories("/dev/shm", "osism-sync-*").Length == 0, "no key is left", _token);
    }

    [Fact]
    public async Task What_is_written_belongs_to_the_owner_of_the_checkout_and_its_hooks_are_not_run()
    {
        if (!Posix.IsRoot)
            return;
        var nobody = UnixUser.Find("nobody")!;
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        for (var folder = new DirectoryInfo(_manager.Repository).Parent!; folder.FullName.StartsWith(Path.GetTempPath().TrimEnd('/') + "/", StringComparison.Ordinal); folder = folder.Parent!)
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
        Write(".git/hooks/post-checkout", $"#!/bin/sh\ntouch {_folder["hook"]}\n");
        File.SetUnixFileMode(PathOf(".git/hooks/post-checkout"), (UnixFileMode)0b111_101_101);
        await new Command("chown") { Arguments = ["-R", "nobody", _manager.Repository] }.MustAsync(_token);
        await PushAsync(("environments/deep/new.yml", "a: 1\n"));
        // Git asks whose the other end is as well.
        await new Command("chown") { Arguments = ["-R", "nobody", Bare] }.MustAsync(_token);

        await SyncAsync();

        Assert.All((string[])["environments/deep", "environments/deep/new.yml", ".git/index", ".git/refs/osism/synced"], path => Assert.Equal(nobody.Id, FileStatus.Of(PathOf(path))!.Value.User));
        Assert.False(File.Exists(_folder["hook"]));
    }

    [Fact]
    public async Task The_command_shows_what_changed()
    {
        using var run = new CliRun();
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), _manager.Home.Socket);
        var before = await HeadAsync();
        var after = await PushAsync(("environments/new.yml", "a: 1\n"));

        Assert.Equal(0, await run.Start("configuration", "sync", "--timeout", "0"));
        Assert.StartsWith($"main of file://{Bare}: {before[..12]} -> {after[..12]}, 1 file\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("| added  | environments/new.yml |", run.Output, StringComparison.Ordinal);

        Write("environments/secrets.yml", "mine: 1\n");
        await PushAsync(("environments/secrets.yml", "theirs: 1\n"));
        Assert.Equal(ExitCode.Failed, await run.Start("sync", "configuration"));
        Assert.StartsWith("error: repository.local_work: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, await run.Start("sync", "configuration", "--force"));
        Assert.Contains("what was overwritten is kept in git as refs/osism/saved/", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, await run.Start("sync", "configuration"));
        Assert.EndsWith("already\n", run.Output, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_manager.Repository, name);

    private string Read(string name) => File.ReadAllText(PathOf(name));

    private void Write(string name, string text, string? root = null)
    {
        var path = Path.Combine(root ?? _manager.Repository, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Somebody else's commit; gives its id.</summary>
    private async Task<string> PushAsync(params (string Name, string? Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            if (text is null)
                File.Delete(Path.Combine(Work, name));
            else
                Write(name, text, Work);
        }

        await GitAsync(Work, "add", "--all", "--force");
        await CommitAsync(Work, "theirs");
        await GitAsync(Work, "push", "-q");
        return (await GitAsync(Work, "rev-parse", "HEAD")).Trim();
    }

    private async Task CommitAsync(string folder, string subject)
    {
        await GitAsync(folder, "add", "-A");
        await GitAsync(folder, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", subject);
    }

    private async Task<string> HeadAsync() => (await GitAsync(_manager.Repository, "rev-parse", "HEAD")).Trim();

    private async Task<string> GitAsync(string folder, params string[] arguments) =>
        (await new Command("git") { Arguments = ["-C", folder, "-c", "safe.directory=*", .. arguments] }.MustAsync(_token)).Text;

    private Task<HttpResponseMessage> PostAsync(bool force, int wait = 0) => _manager.Http.PostAsync(
        new Uri(ApiRoutes.ConfigurationSync, UriKind.Relative), Manager.Json(JsonSerializer.Serialize(new SyncConfiguration(force, wait), OsismJson.Default.SyncConfiguration)), _token);

    private async Task<SyncInfo> SyncAsync(bool force = false, int wait = 30)
    {
        using var answer = await PostAsync(force, wait);
        return await Manager.ReadAsync(answer, OsismJson.Default.SyncInfo);
    }
}
