using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Platform;
using Osism.Tests.Ansible;

namespace Osism.Tests.Inventory;

/// <summary>Immutable revisions of the inventory folder.</summary>
public sealed class InventorySnapshotsTests
{
    [Fact]
    public async Task A_revision_never_changes_and_going_back_gives_the_earlier_one()
    {
        await using var pod = await Pod.CreateAsync();
        var snapshots = pod.Get<InventorySnapshots>();
        var first = await EnsureAsync(snapshots);
        var before = await File.ReadAllTextAsync(pod.Path("inventory/hosts"), TestContext.Current.CancellationToken);
        var published = Describe(first.Path);
        pod.Write("inventory/hosts", "[generic]\nother\n");
        var second = await EnsureAsync(snapshots);
        pod.Write("inventory/hosts", before);
        var third = await EnsureAsync(snapshots);

        Assert.Equal(1, first.Revision);
        Assert.NotEqual(first.Revision, second.Revision);
        Assert.Equal(first.Revision, third.Revision);
        Assert.Equal(published, Describe(first.Path));
        Assert.Contains("\"other\"", await File.ReadAllTextAsync(Path.Combine(second.Path, "hosts.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("revisions/1", new FileInfo(Path.Combine(pod.Home.Inventory, "current")).LinkTarget);
    }

    [Theory]
    [InlineData("host_vars/new.yml")]
    [InlineData("group_vars/all/deep.yml")]
    [InlineData("hosts")]
    public async Task Any_change_is_seen_at_once(string file)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("inventory/group_vars/all/x.yml", "a: 1\n");
        var snapshots = pod.Get<InventorySnapshots>();
        var revisions = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            // The same size each time, as fast as one can write.
            pod.Write($"inventory/{file}", file == "hosts" ? $"[generic]\nnode-{i % 10}{i / 10}\n" : $"a: {i % 10}{i / 10}\n");
            revisions.Add((await EnsureAsync(snapshots)).ContentHash);
        }

        Assert.Equal(20, revisions.Count);
    }

    [Fact]
    public async Task Any_change_is_seen_at_once_also_when_all_was_quiet_before()
    {
        await using var pod = await Pod.CreateAsync();
        var snapshots = pod.Get<InventorySnapshots>();
        var inventory = pod.Path("inventory");
        Action<int>[] changes =
        [
            i => pod.Write("inventory/host_vars/node-0.yml", $"a: {i}\n"),
            i => pod.Write($"inventory/host_vars/node-{i}/deep/x.yml", $"a: {i}\n"),
            i => pod.Write($"inventory/host_vars/node-{i - 1}/deep/x.yml", $"b: {i}\n"),
            i => File.Move(pod.Path("inventory/host_vars/node-0.yml"), pod.Path($"inventory/host_vars/node-1{i}.yml")),
            _ => Directory.Delete(pod.Path("inventory/host_vars"), recursive: true),
            i =>
            {
                // The whole folder is another one, as after a checkout beside it.
                Directory.Move(inventory, pod.Path("before"));
                pod.Write("inventory/hosts", $"[generic]\nmoved-{i}\n");
            },
            i => pod.Write("environments/ansible.cfg", $"[defaults]\nforks = {i}\n"),
        ];
        var seen = new List<long> { (await EnsureAsync(snapshots)).Revision };
        for (var i = 0; i < changes.Length; i++)
        {
            // Until stamps are trusted, and what was found is known to be quiet.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
            for (var question = 0; question < 3; question++)
                Assert.Equal(seen[^1], (await EnsureAsync(snapshots)).Revision);
            changes[i](i);
            seen.Add((await EnsureAsync(snapshots)).Revision);
            Assert.NotEqual(seen[^2], seen[^1]);
        }
    }

    [Fact]
    public async Task A_file_that_became_executable_is_another_revision()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("inventory/dynamic", "#!/bin/cat\nnode-0\n");
        var snapshots = pod.Get<InventorySnapshots>();
        var first = await EnsureAsync(snapshots);
        File.SetUnixFileMode(pod.Path("inventory/dynamic"), File.GetUnixFileMode(pod.Path("inventory/dynamic")) | UnixFileMode.UserExecute);
        var second = await EnsureAsync(snapshots);
        Assert.NotEqual(first.Revision, second.Revision);
        Assert.True(File.GetUnixFileMode(Path.Combine(second.Path, "dynamic")).HasFlag(UnixFileMode.OtherExecute));
        Assert.False(File.Exists(Path.Combine(first.Path, "dynamic")));
    }

    [Fact]
    public async Task Everybody_may_read_a_revision()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("inventory/host_vars/a/b.yml", "a: 1\n");
        File.SetUnixFileMode(pod.Path("inventory/host_vars/a/b.yml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var snapshot = await EnsureAsync(pod.Get<InventorySnapshots>());
        Assert.True(File.GetUnixFileMode(Path.Combine(snapshot.Path, "host_vars/a/b.yml")).HasFlag(UnixFileMode.OtherRead));
        Assert.True(File.GetUnixFileMode(Path.Combine(snapshot.Path, "host_vars/a")).HasFlag(UnixFileMode.OtherExecute | UnixFileMode.OtherRead));
    }

    [Fact]
    public async Task Links_are_followed_within_the_repository_only()
    {
        await using var pod = await Pod.CreateAsync();
        var snapshots = pod.Get<InventorySnapshots>();
        pod.Write("shared/vars.yml", "a: 1\n");
        pod.Write("shared/folder/deep.yml", "b: 1\n");
        Directory.CreateDirectory(pod.Path("inventory/group_vars"));
        File.CreateSymbolicLink(pod.Path("inventory/group_vars/all.yml"), "../../shared/vars.yml");
        File.CreateSymbolicLink(pod.Path("inventory/host_vars"), "../shared/folder");
        var first = await EnsureAsync(snapshots);
        Assert.Equal("{\"a\":1}\n", await File.ReadAllTextAsync(Path.Combine(first.Path, "group_vars/all.yml"), TestContext.Current.CancellationToken));
        Assert.Equal("{\"b\":1}\n", await File.ReadAllTextAsync(Path.Combine(first.Path, "host_vars/deep.yml"), TestContext.Current.CancellationToken));

        pod.Write("shared/vars.yml", "a: 2\n");
        var good = await EnsureAsync(snapshots);
        Assert.NotEqual(first.Revision, good.Revision);

        foreach (var target in new[] { "/etc/passwd", "../../shared/nowhere", "../.." })
        {
            var link = pod.Path("inventory/group_vars/outside");
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
            var kept = await EnsureAsync(snapshots);
            Assert.Equal((good.Revision, FindingCodes.LinkOutside, "inventory/group_vars/outside"), (kept.Revision, kept.Stale?.Finding?.Code, kept.Stale?.Finding?.File));
        }
    }

    [Fact]
    public async Task Another_machine_unpacks_the_revision_from_the_database()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("inventory/dynamic", "#!/bin/sh\necho '{}'\n");
        pod.Write("inventory/group_vars/all/empty.yml", "");
        File.SetUnixFileMode(pod.Path("inventory/dynamic"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var snapshots = pod.Get<InventorySnapshots>();
        var snapshot = await EnsureAsync(snapshots);
        var before = Describe(snapshot.Path);
        Directory.Delete(snapshot.Path, recursive: true);

        Assert.Equal(snapshot.Path, await snapshots.UnpackAsync(snapshot.Revision, TestContext.Current.CancellationToken));
        Assert.Equal(before, Describe(snapshot.Path));
        Assert.Equal(ErrorCodes.FileMissing, (await Assert.ThrowsAsync<OsismException>(() => snapshots.UnpackAsync(99, TestContext.Current.CancellationToken))).Code);
    }

    [Fact]
    public async Task A_restarted_manager_finds_what_was_published_and_an_unchanged_folder_needs_no_database()
    {
        await using var pod = await Pod.CreateAsync();
        var first = await EnsureAsync(pod.Get<InventorySnapshots>());
        using var restarted = ActivatorOf(pod, pod.Get<NpgsqlDataSource>());
        Assert.Equal(first.Revision, (await EnsureAsync(restarted)).Revision);

        // A folder that was just written is looked at again until its stamps can be relied on.
        var stamp = Daemon.Platform.Files.FileStamp.Of(pod.Path("inventory/hosts"))!.Value;
        await Testing.Eventually.TrueAsync(() => stamp.IsSettled(TimeProvider.System.GetUtcNow()), "the stamp settles", TestContext.Current.CancellationToken);
        var source = NpgsqlDataSource.Create(pod.Get<NpgsqlDataSource>().ConnectionString);
        using var offline = ActivatorOf(pod, source);
        await EnsureAsync(offline);
        await source.DisposeAsync();
        Assert.Equal(first.Revision, (await EnsureAsync(offline)).Revision);
    }

    [Fact]
    public async Task Several_at_once_publish_one_revision()
    {
        await using var pod = await Pod.CreateAsync();
        using var other = ActivatorOf(pod, pod.Get<NpgsqlDataSource>());
        var snapshots = pod.Get<InventorySnapshots>();
        var revisions = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => EnsureAsync(i % 2 == 0 ? snapshots : other))));
        Assert.Single(revisions.Select(snapshot => snapshot.Revision).Distinct());
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(pod.Home.Inventory, "revisions")));
    }

    [Fact]
    public async Task Old_revisions_that_no_job_names_are_removed_and_all_others_stay()
    {
        await using var pod = await Pod.CreateAsync();
        var snapshots = pod.Get<InventorySnapshots>();
        var all = new List<InventorySnapshot>();
        for (var i = 0; i < 14; i++)
        {
            pod.Write("inventory/hosts", $"[generic]\nnode-{i}\n");
            all.Add(await EnsureAsync(snapshots));
        }

        // All are old, and their folders too; a job names the third, and the first comes back into use.
        await ExecuteAsync(pod, "update inventory_revision set used_at = used_at - interval '25 hours'");
        await ExecuteAsync(pod, $"""
            insert into job (id, queue, kind, request, submitted_by, submitted_at, inventory_revision)
            values (gen_random_uuid(), 'q', 'ansible', '{"{}"}', 'ada', osism_now(), {all[2].Revision})
            """);
        foreach (var snapshot in all)
        {
            Directory.SetLastWriteTimeUtc(snapshot.Path, DateTime.UnixEpoch);
        }

        pod.Write("inventory/hosts", "[generic]\nnode-0\n");
        Assert.Equal(all[0].Revision, (await EnsureAsync(snapshots)).Revision);

        await snapshots.PruneAsync(TestContext.Current.CancellationToken);

        // Nine of the old ones besides the one just used are the ten used last; the fourth and fifth, and the second, are gone.
        var left = all.Where((_, number) => number is 0 or 2 or >= 5).ToList();
        Assert.Equal(left.Select(snapshot => snapshot.Revision), (await QueryAsync(pod, "select revision from inventory_revision order by revision")));
        Assert.Equal(left.Select(snapshot => snapshot.Path), all.Select(snapshot => snapshot.Path).Where(Directory.Exists));
        Assert.Equal(all[2].Path, await snapshots.UnpackAsync(all[2].Revision, TestContext.Current.CancellationToken));

        // What was removed can come back: it is another revision then.
        pod.Write("inventory/hosts", "[generic]\nnode-1\n");
        Assert.True((await EnsureAsync(snapshots)).Revision > all[13].Revision);
    }

    private static async Task ExecuteAsync(Pod pod, string sql)
    {
        await using var command = pod.Get<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<List<long>> QueryAsync(Pod pod, string sql)
    {
        await using var command = pod.Get<NpgsqlDataSource>().CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var found = new List<long>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            found.Add(reader.GetInt64(0));
        }

        return found;
    }

    /// <summary>As another process of the same manager has it.</summary>
    private static InventorySnapshots ActivatorOf(Pod pod, NpgsqlDataSource source)
    {
        var revisions = new InventoryRevisions(source);
        var scan = pod.Get<Daemon.Configuration.YamlScan>();
        return new InventorySnapshots(
            pod.Get<Daemon.Configuration.ConfigurationRepository>(), pod.Get<InventoryLayers>(), new Reconciler(new PublishedVariables(scan), pod.Home), revisions,
            new RevisionFolders(revisions, pod.Home, pod.Get<Daemon.Platform.Failpoints>()), new RevisionSecrets(scan), pod.Home, pod.Get<Daemon.Platform.Failpoints>(), TimeProvider.System,
            NullLogger<InventorySnapshots>.Instance);
    }

    private static Task<InventorySnapshot> EnsureAsync(InventorySnapshots snapshots) => snapshots.EnsureAsync("test", TestContext.Current.CancellationToken);

    private static List<string> Describe(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {File.GetUnixFileMode(file)} {File.ReadAllText(file)}")];
}
