using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Database;

/// <summary>What stands in the way of the embedded PostgreSQL is named in one line with what to do.</summary>
public sealed class EmbeddedPostgresRefusalTests : IDisposable
{
    private readonly PostgresHome _home = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Data_of_another_version_is_refused_with_both_versions_and_the_remedy()
    {
        var (server, _) = _home.Manage();
        await server.StartAsync(_token);
        await server.StopAsync(_token);
        await File.WriteAllTextAsync(_home.Layout.VersionFile, "9\n", _token);

        var refused = await RefusedAsync(ErrorCodes.DatabaseVersion);

        Assert.Contains("was made by PostgreSQL 9, installed is 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("pg_upgrade", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_of_another_owner_is_refused_by_name_and_left_as_it_is()
    {
        Directory.CreateDirectory(_home.Layout.Data);
        await File.WriteAllTextAsync(_home.Layout.VersionFile, "15\n", _token);
        var stranger = UnixUser.Find("nobody")!;
        Posix.ChangeOwner(_home.Layout.Data, stranger.Id, stranger.Group);

        var refused = await RefusedAsync(ErrorCodes.DatabaseFolder);

        Assert.Contains("belongs to nobody", refused.Message, StringComparison.Ordinal);
        Assert.Equal(stranger.Id, FileStatus.Of(_home.Layout.Data)!.Value.User);
    }

    [Fact]
    public async Task A_folder_of_somebody_else_is_refused_by_name()
    {
        Directory.CreateDirectory(_home.Layout.Root);
        var stranger = UnixUser.Find("nobody")!;
        Posix.ChangeOwner(_home.Layout.Root, stranger.Id, stranger.Group);

        var refused = await RefusedAsync(ErrorCodes.DatabaseFolder);

        Assert.Contains("belongs to nobody", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_no_database_are_refused_and_left_as_they_are()
    {
        Directory.CreateDirectory(_home.Layout.Data);
        var postgres = UnixUser.Find("postgres")!;
        Posix.ChangeOwner(_home.Layout.Data, postgres.Id, postgres.Group);
        var file = Path.Combine(_home.Layout.Data, "thesis.tex");
        await File.WriteAllTextAsync(file, "dear", _token);

        var refused = await RefusedAsync(ErrorCodes.DatabaseFolder);

        Assert.Contains("PG_VERSION", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task A_parent_the_servers_user_may_not_pass_is_named()
    {
        using var closed = new PostgresHome("closed/home");
        Directory.CreateDirectory(Path.GetDirectoryName(closed.Home.Root)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var refused = await Assert.ThrowsAsync<OsismException>(() => closed.Manage().Server.StartAsync(_token));

        Assert.Equal(ErrorCodes.DatabaseFolder, refused.Code);
        Assert.Contains($"chmod o+x {Path.GetDirectoryName(closed.Home.Root)},", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_server_is_said_with_the_one_line_that_helps()
    {
        _home.Options.BinDirectory = "/nowhere/bin";

        var refused = await RefusedAsync(ErrorCodes.DatabaseMissing);

        Assert.Contains("/nowhere/bin", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_folder_of_programs_is_used()
    {
        _home.Options.BinDirectory = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last() + "/bin";
        var (server, _) = _home.Manage();

        await server.StartAsync(_token);

        Assert.StartsWith(_home.Options.BinDirectory, File.ResolveLinkTarget($"/proc/{server.Server!.Pid}/exe", returnFinalTarget: false)!.FullName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_disk_is_refused_before_anything_is_made()
    {
        using var disk = new SmallDisk(megabytes: 20);
        using var home = new PostgresHome(disk);

        var refused = await Assert.ThrowsAsync<OsismException>(() => home.Manage().Server.StartAsync(_token));

        Assert.Equal(ErrorCodes.DatabaseDiskFull, refused.Code);
        Assert.False(Directory.Exists(home.Layout.Data + ".new"));
    }

    [Fact]
    public async Task A_disk_that_filled_up_is_named_and_the_server_starts_when_there_is_room_again()
    {
        using var disk = new SmallDisk(megabytes: 160);
        using var home = new PostgresHome(disk);
        var (server, database) = home.Manage();
        await server.StartAsync(_token);
        await server.StopAsync(_token);
        await disk.FillAsync(_token);

        var refused = await Assert.ThrowsAsync<OsismException>(() => server.StartAsync(_token));

        Assert.Equal(ErrorCodes.DatabaseDiskFull, refused.Code);
        Assert.Contains(home.Layout.Root, refused.Message, StringComparison.Ordinal);
        disk.MakeRoom();
        await server.StartAsync(_token);
        await using var command = database.CreateCommand("select 1");
        Assert.Equal(1, await command.ExecuteScalarAsync(_token));
    }

    [Fact]
    public async Task A_damaged_configuration_is_told_with_the_servers_own_words()
    {
        var (server, _) = _home.Manage();
        await server.StartAsync(_token);
        await server.StopAsync(_token);
        await File.AppendAllTextAsync(Path.Combine(_home.Layout.Data, "postgresql.conf"), "\nno_such_setting = 1\n", _token);

        var refused = await RefusedAsync(ErrorCodes.DatabaseFailed);

        Assert.Contains("configuration file", refused.Message, StringComparison.Ordinal);
        Assert.Contains("postgres.log", refused.Message, StringComparison.Ordinal);
    }

    private async Task<OsismException> RefusedAsync(ErrorCode code)
    {
        var refused = await Assert.ThrowsAsync<OsismException>(() => _home.Manage().Server.StartAsync(_token));
        Assert.Equal(code, refused.Code);
        return refused;
    }
}
