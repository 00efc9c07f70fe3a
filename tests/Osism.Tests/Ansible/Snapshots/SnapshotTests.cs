using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Runtimes;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Ansible.Snapshots;

/// <summary>A repository through the database to another machine's folder.</summary>
public sealed class SnapshotTests : IAsyncLifetime
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Program = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private readonly RunUser _user = new(UnixUser.Current.Name, UnixUser.Current.Home, IsOther: false);
    private readonly List<ServiceProvider> _providers = [];
    private TestDatabase _database = null!;
    private SnapshotPublisher _publisher = null!;
    private SnapshotFolders _folders = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(_token);
        _publisher = NewPublisher();
        _folders = new SnapshotFolders(Store, new OsismHome(_folder["worker"]), _user, TimeProvider.System);
        Write("environments/configuration.yml", "a: 1\n");
        Write("environments/kolla/files/deep.yml", "b: 2\n");
    }

    public async ValueTask DisposeAsync()
    {
        _publisher.Dispose();
        _folders.Dispose();
        foreach (var provider in _providers)
            await provider.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Names_contents_modes_links_and_empty_folders_arrive_as_they_are()
    {
        Write("scripts/run.sh", "#!/bin/sh\n", Program);
        Write("odd name ünï.yml", "c: 3\n");
        Write("bytes", "\0\u0001\n");
        Directory.CreateDirectory(In("empty"));
        File.CreateSymbolicLink(In("environments/latest"), "kolla");
        File.CreateSymbolicLink(In("absolute"), In("environments/kolla/files/deep.yml"));
        File.CreateSymbolicLink(In("production"), "/opt/configuration/environments");

        var there = await ArriveAsync();

        Assert.True(Directory.Exists(Path.Combine(there, "empty")));
        Assert.Equal(
            ["absolute", "bytes", "empty", "environments", "environments/configuration.yml", "environments/kolla", "environments/kolla/files", "environments/kolla/files/deep.yml",
                "environments/latest", "odd name ünï.yml", "production", "scripts", "scripts/run.sh"],
            (await Store.ReadAsync((await Store.FindHeadAsync(_publisher.Origin, _token))!.Id, _token)).Select(entry => entry.Path));
        Assert.Equal("\0\u0001\n", await File.ReadAllTextAsync(Path.Combine(there, "bytes"), _token));
        Assert.Equal("b: 2\n", await File.ReadAllTextAsync(Path.Combine(there, "absolute"), _token));
        Assert.Equal("environments", new FileInfo(Path.Combine(there, "production")).LinkTarget);
        Assert.Equal("kolla", new FileInfo(Path.Combine(there, "environments/latest")).LinkTarget);
        Assert.True(File.GetUnixFileMode(Path.Combine(there, "scripts/run.sh")).HasFlag(UnixFileMode.UserExecute));
        Assert.False(File.GetUnixFileMode(Path.Combine(there, "bytes")).HasFlag(UnixFileMode.UserExecute));
        Assert.False(File.GetUnixFileMode(Path.Combine(there, "bytes")).HasFlag(UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task Git_the_folder_of_secrets_and_the_password_file_stay_at_home()
    {
        Write(".git/config", "[core]\n");
        Write("secrets/id_rsa.operator", "a key\n");
        Write("environments/.vault_pass", "a password\n");
        Write("environments/secrets/not_the_top.yml", "d: 4\n");

        var there = await ArriveAsync();

        Assert.False(Directory.Exists(Path.Combine(there, ".git")));
        Assert.False(Directory.Exists(Path.Combine(there, "secrets")));
        Assert.False(File.Exists(Path.Combine(there, "environments/.vault_pass")));
        Assert.True(File.Exists(Path.Combine(there, "environments/secrets/not_the_top.yml")));
        Assert.Equal(["environments/.vault_pass", "secrets"], (await Store.FindHeadAsync(_publisher.Origin, _token))!.LeftOut.Order(StringComparer.Ordinal));
        Assert.Equal(0L, await CountAsync("select count(*) from repository_file where content = 'a key'::bytea || '\\x0a' or content = 'a password'::bytea || '\\x0a'"));
    }

    [Fact]
    public async Task An_unchanged_repository_costs_the_database_nothing_and_a_change_stores_only_what_changed()
    {
        await SettleAsync();
        await _publisher.PublishAsync(_token);
        var first = (await Store.FindHeadAsync(_publisher.Origin, _token))!;
        await _database.Source.CreateCommand("alter table repository_snapshot rename to away").ExecuteNonQueryAsync(_token);
        await _publisher.PublishAsync(_token);
        await _database.Source.CreateCommand("alter table away rename to repository_snapshot").ExecuteNonQueryAsync(_token);

        Write("environments/kolla/files/deep.yml", "b: 3\n");
        await _publisher.PublishAsync(_token);
        var second = (await Store.FindHeadAsync(_publisher.Origin, _token))!;

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(3L, await CountAsync("select count(*) from repository_file"));

        // Back again: the same content is the same snapshot.
        Write("environments/kolla/files/deep.yml", "b: 2\n");
        await _publisher.PublishAsync(_token);
        Assert.Equal(first.Id, (await Store.FindHeadAsync(_publisher.Origin, _token))!.Id);
    }

    [Fact]
    public async Task A_commit_changes_what_is_recorded_though_no_file_changed()
    {
        await GitAsync("init", "-q", "-b", "main");
        await GitAsync("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one");
        await _publisher.PublishAsync(_token);
        var before = (await Store.FindHeadAsync(_publisher.Origin, _token))!;

        await GitAsync("add", "-A");
        await GitAsync("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "two");
        await _publisher.PublishAsync(_token);
        var after = (await Store.FindHeadAsync(_publisher.Origin, _token))!;

        Assert.Equal((true, false, before.Hash), (before.Dirty, after.Dirty, after.Hash));
        Assert.NotEqual(before.Commit, after.Commit);
        Assert.Equal(await _folders.UnpackAsync(before, _token), await _folders.UnpackAsync(after, _token));
    }

    [Fact]
    public async Task A_new_snapshot_shares_the_files_that_did_not_change()
    {
        var first = await ArriveAsync();
        Write("environments/kolla/files/deep.yml", "b: 3\n");
        var second = await ArriveAsync();

        Assert.NotEqual(first, second);
        Assert.Equal("b: 2\n", await File.ReadAllTextAsync(Path.Combine(first, "environments/kolla/files/deep.yml"), _token));
        Assert.Equal("b: 3\n", await File.ReadAllTextAsync(Path.Combine(second, "environments/kolla/files/deep.yml"), _token));
        var (one, two) = (Status(first, "environments/configuration.yml"), Status(second, "environments/configuration.yml"));
        Assert.True(one.IsSame(two));
    }

    [Fact]
    public async Task Files_that_are_not_in_the_database_any_more_refuse_the_run_with_their_name()
    {
        await _publisher.PublishAsync(_token);
        var head = (await Store.FindHeadAsync(_publisher.Origin, _token))!;
        await using (var command = _database.Source.CreateCommand("alter table repository_entry drop constraint repository_entry_hash_fkey; delete from repository_file"))
        {
            await command.ExecuteNonQueryAsync(_token);
        }

        var thrown = await Assert.ThrowsAsync<OsismException>(() => _folders.UnpackAsync(head, _token));

        Assert.Equal(ErrorCodes.SnapshotMissing, thrown.Code);
        Assert.Contains("environments/", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(_folder["worker/cache/repository"], ".*"));
    }

    [Fact]
    public async Task Old_snapshots_are_forgotten_with_their_files_and_the_present_one_stays()
    {
        await _publisher.PublishAsync(_token);
        Write("environments/kolla/files/deep.yml", "b: 3\n");
        await _publisher.PublishAsync(_token);

        Assert.Equal(0, await Store.ForgetAsync(TimeSpan.FromHours(1), _token));
        Assert.Equal(1, await Store.ForgetAsync(TimeSpan.Zero, _token));

        Assert.Equal(2L, await CountAsync("select count(*) from repository_file"));
        Assert.Equal(_publisher.Origin, await _publisher.PublishAsync(_token));
    }

    [Fact]
    public async Task With_the_embedded_database_nothing_is_stored()
    {
        using var embedded = NewPublisher(new DatabaseOptions());

        Assert.Null(await embedded.PublishAsync(_token));
        Assert.Equal(0L, await CountAsync("select count(*) from repository_snapshot"));
    }

    private static Daemon.Platform.Files.FileStatus Status(string folder, string name) =>
        Daemon.Platform.Files.FileStatus.Of(Path.Combine(folder, name))!.Value;

    private async Task<string> ArriveAsync()
    {
        Assert.Equal(_publisher.Origin, await _publisher.PublishAsync(_token));
        return await _folders.UnpackAsync((await Store.FindHeadAsync(_publisher.Origin, _token))!, _token);
    }

    /// <summary>The stamps of files that were only just written are not relied on.</summary>
    private async Task SettleAsync() => await Task.Delay(TimeSpan.FromMilliseconds(100), _token);

    private SnapshotStore Store => new(_database.Source);

    private SnapshotPublisher NewPublisher(DatabaseOptions? options = null)
    {
        var home = new OsismHome(_folder["manager"]);
        Directory.CreateDirectory(home.Root);
        File.WriteAllText(home.MachineFile, "manager\n");
        var repository = new ConfigurationRepository(Options.Create(new ConfigurationOptions { Path = _folder["configuration"] }));
        return new SnapshotPublisher(
            repository, new RepositoryLocks(repository, RepositoryLockAuthors.None), Store, Inventories(home), _user, home,
            Options.Create(options ?? new DatabaseOptions { ConnectionString = _database.ConnectionString }), TimeProvider.System);
    }

    private InventorySnapshots Inventories(OsismHome home)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["configuration:path"] = _folder["configuration"] };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddSingleton(TimeProvider.System).AddSingleton(home).AddSingleton(_database.Source);
        services.AddConfiguration().AddRuntimes().AddInventory().AddAnsible();
        var provider = services.BuildServiceProvider();
        _providers.Add(provider);
        return provider.GetRequiredService<InventorySnapshots>();
    }

    private string In(string name) => Path.Combine(_folder["configuration"], name);

    private void Write(string name, string content, UnixFileMode mode = Plain)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllText(In(name), content);
        File.SetUnixFileMode(In(name), mode);
    }

    private async Task GitAsync(params string[] words) =>
        await new Command("git") { Arguments = ["-C", _folder["configuration"], .. words] }.MustAsync(_token);

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(_token))!;
    }
}
