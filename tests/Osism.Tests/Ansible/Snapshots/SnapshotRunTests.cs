using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Runtimes;

namespace Osism.Tests.Ansible.Snapshots;

/// <summary>A run that is composed on a machine without the repository is the one the manager would execute.</summary>
public sealed class SnapshotRunTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Pod _pod = null!;
    private ServiceProvider _worker = null!;
    private SnapshotPublisher _publisher = null!;

    public async ValueTask InitializeAsync()
    {
        _pod = await Pod.CreateAsync();
        _worker = _pod.Elsewhere(new OsismHome(_pod.Root("worker")));
        _publisher = ActivatorUtilities.CreateInstance<SnapshotPublisher>(
            _pod.Services, Options.Create(new DatabaseOptions { ConnectionString = _pod.ConnectionString }));
    }

    public async ValueTask DisposeAsync()
    {
        _publisher.Dispose();
        await _worker.DisposeAsync();
        await _pod.DisposeAsync();
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("nova", "-l", "localhost", "-e", "@configuration.yml")]
    [InlineData("mine")]
    public async Task Only_the_folders_are_others(string role, params string[] arguments)
    {
        _pod.VaultPassword = Pod.Password;
        _pod.Write("environments/custom/playbook-mine.yml", Pod.Play);
        _pod.Write("environments/ansible.cfg", "[defaults]\nforks = 3\n");
        _pod.WriteEncrypted("environments/secrets.yml", "hidden: very secret\n");
        var here = await _pod.ComposeAsync(role, arguments);

        var there = (await ComposeAsync(new RunRequest(role) { Arguments = arguments })).Run;

        var folder = Assert.Single(Directory.EnumerateDirectories(_pod.Root("worker/cache/repository")), path => !path.EndsWith("/files", StringComparison.Ordinal));
        string Here(string text) => text.Replace(_pod.Repository, "REPOSITORY", StringComparison.Ordinal).Replace(_pod.Home.Root, "HOME", StringComparison.Ordinal);
        string There(string text) => text.Replace(folder, "REPOSITORY", StringComparison.Ordinal).Replace(_pod.Root("worker"), "HOME", StringComparison.Ordinal);
        Assert.Equal(here.Plan.Argv.Select(Here), there.Plan.Argv.Select(There));
        Assert.Equal(Here(here.Plan.Cwd), There(there.Plan.Cwd));
        Assert.Equal(here.Plan.ExtraVarsFiles.Select(Here), there.Plan.ExtraVarsFiles.Select(There));
        Assert.Equal(here.Plan.Env.Select(pair => Here(pair.ToString())), there.Plan.Env.Select(pair => There(pair.ToString())));
        Assert.Equal(here.Plan.Inventory.Revision, there.Plan.Inventory.Revision);
        Assert.Equal((here.ConfigurationHash, here.Plan.Vault.Source), (there.ConfigurationHash, there.Plan.Vault.Source));
        Assert.Equal(here.Secrets, there.Secrets);
        Assert.Contains("very secret", there.Secrets);
        Assert.Null(here.Plan.Snapshot);
        Assert.NotNull(there.Plan.Snapshot);
    }

    [Fact]
    public async Task A_run_sees_the_repository_as_it_is_when_it_starts()
    {
        await ComposeAsync(new RunRequest("ping"));
        _pod.Write("environments/custom/playbook-late.yml", Pod.Play);

        var late = await ComposeAsync(new RunRequest("late"));

        Assert.EndsWith("environments/custom/playbook-late.yml", late.Run.Plan.Playbook, StringComparison.Ordinal);
        Assert.True(File.Exists(late.Run.Plan.Playbook));
    }

    [Fact]
    public async Task What_refuses_a_run_on_the_manager_refuses_it_elsewhere_too()
    {
        _pod.Write("environments/custom/playbook-mine.yml", Pod.Play);
        _pod.Write("environments/custom/.lock", "new rack\n");
        var here = await _pod.RefusedAsync("mine");

        var thrown = await Assert.ThrowsAsync<OsismException>(() => ComposeAsync(new RunRequest("mine")));

        Assert.Equal(ErrorCodes.LockHeld, thrown.Code);
        Assert.Equal((here.Message, here.Holder, here.Since), (thrown.Message, thrown.Holder, thrown.Since));
    }

    [Fact]
    public async Task After_another_job_a_run_waits_until_the_manager_has_looked_again()
    {
        var origin = await _publisher.PublishAsync(_token);
        var claimed = TimeProvider.System.GetUtcNow();
        var attempt = AttemptPaths.Nil(_worker.GetRequiredService<OsismHome>());
        var composing = _worker.GetRequiredService<RunPlaces>().ComposeAsync(new RunRequest("late") { Origin = origin }, attempt, claimed, _token);

        // What the job before it did, and nobody has looked at yet.
        _pod.Write("environments/custom/playbook-late.yml", Pod.Play);
        await Task.Delay(TimeSpan.FromMilliseconds(500), _token);
        Assert.False(composing.IsCompleted);
        await _publisher.ConfirmAsync(_token);

        Assert.EndsWith("environments/custom/playbook-late.yml", (await composing).Run.Plan.Playbook, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_inventory_is_that_which_is_in_effect_for_the_manager()
    {
        _pod.Write("inventory/host_vars/localhost.yml", "state: first\n");
        var first = (await ComposeAsync(new RunRequest("ping"))).Run.Plan.Inventory;
        Assert.StartsWith(_pod.Root("worker"), first.Path, StringComparison.Ordinal);
        _pod.Write("inventory/host_vars/localhost.yml", "state: second\n");
        var second = (await ComposeAsync(new RunRequest("ping"))).Run.Plan.Inventory;
        Assert.Contains("second", await File.ReadAllTextAsync(Path.Combine(second.Path, "host_vars/localhost.yml"), _token), StringComparison.Ordinal);

        await _pod.Get<InventorySnapshots>().HoldAsync(first.Revision, untilChange: false, "olga", _token);
        var pinned = (await ComposeAsync(new RunRequest("ping"))).Run.Plan;
        Assert.Equal(first.Revision, pinned.Inventory.Revision);
        Assert.Contains(pinned.Warnings, warning => warning.Code == "inventory.held" && warning.Message.Contains("pinned by olga", StringComparison.Ordinal));
        Assert.Contains("first", await File.ReadAllTextAsync(Path.Combine(pinned.Inventory.Path, "host_vars/localhost.yml"), _token), StringComparison.Ordinal);

        await _pod.Get<InventorySnapshots>().HoldAsync(null, untilChange: false, "olga", _token);
        _pod.Write("inventory/broken", "[a:children]\nnobody\n");
        var stale = (await ComposeAsync(new RunRequest("ping"))).Run.Plan;
        Assert.Equal(second.Revision, stale.Inventory.Revision);
        Assert.Contains(stale.Warnings, warning => warning.Code == "inventory.stale" && warning.Message.Contains("inventory/broken, line 2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_of_ones_own_repository_uses_it_in_place()
    {
        var origin = await _publisher.PublishAsync(_token);

        var run = await _pod.Get<RunPlaces>().ComposeAsync(new RunRequest("ping") { Origin = origin }, AttemptPaths.Nil(_pod.Home), null, _token);

        Assert.StartsWith(_pod.Repository, run.Run.Plan.Cwd, StringComparison.Ordinal);
        Assert.Null(run.Run.Plan.Snapshot);
    }

    private async Task<PlacedRun> ComposeAsync(RunRequest request)
    {
        var origin = await _publisher.PublishAsync(_token);
        var attempt = AttemptPaths.For(_worker.GetRequiredService<OsismHome>(), new Guid("0198c0de-0000-7000-8000-000000000001"), 1);
        return await _worker.GetRequiredService<RunPlaces>().ComposeAsync(request with { Origin = origin }, attempt, null, _token);
    }
}
