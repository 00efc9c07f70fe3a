using System.Diagnostics;
using Npgsql;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Database;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly PostgresHome _home = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_new_folder_becomes_a_database_that_answers_on_a_socket_only_its_owners_reach()
    {
        var (server, database) = _home.Manage();

        await server.StartAsync(_token);

        Assert.Equal("osism", await ScalarAsync<string>(database, "select current_database()"));
        Assert.Equal("", await ScalarAsync<string>(database, "show listen_addresses"));
        Assert.Equal("on", await ScalarAsync<string>(database, "show data_checksums"));
        Assert.Equal("UTF8 C.UTF-8", await ScalarAsync<string>(database, "select pg_encoding_to_char(encoding) || ' ' || datcollate from pg_database where datname = 'osism'"));
        var run = FileStatus.Of(_home.Layout.Run)!.Value;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, run.Permissions);
        Assert.NotEqual(0u, FileStatus.Of($"/proc/{server.Server!.Pid}")!.Value.User);
        Assert.Equal(server.Server.Pid, ProcessStat.Read(server.Server.Pid)!.Value.Session);
    }

    [Fact]
    public async Task Nothing_of_our_environment_reaches_the_server()
    {
        var (server, _) = _home.Manage();

        await server.StartAsync(_token);

        var environment = (await File.ReadAllTextAsync($"/proc/{server.Server!.Pid}/environ", _token)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        // PGDATA and the like are set by the server for its own children.
        Assert.Equal(["HOME=/", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", "TZ=UTC"], environment.Order(StringComparer.Ordinal).Where(line => !line.StartsWith("PG", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_running_server_is_adopted_with_its_data()
    {
        var (first, before) = _home.Manage();
        await first.StartAsync(_token);
        await ExecuteAsync(before, "create table kept (n int); insert into kept values (42)");

        var (second, after) = _home.Manage();
        await second.StartAsync(_token);

        Assert.Equal(first.Server, second.Server);
        Assert.Equal(42, await ScalarAsync<int>(after, "select n from kept"));
    }

    [Fact]
    public async Task Several_starters_at_once_get_one_server()
    {
        var managers = Enumerable.Range(0, 4).Select(_ => _home.Manage()).ToList();

        await Task.WhenAll(managers.Select(manager => Task.Run(() => manager.Server.StartAsync(_token), _token)));

        Assert.Single(managers.Select(manager => manager.Server.Server).Distinct());
        Assert.Equal(1, await ScalarAsync<int>(managers[3].Database, "select 1"));
    }

    [Fact]
    public async Task A_stop_ends_the_server_in_order_and_the_next_start_needs_no_recovery()
    {
        var (server, database) = _home.Manage();
        _home.Options.StopTimeout = Bounds.Usual;
        await server.StartAsync(_token);
        var process = server.Server!;
        await ExecuteAsync(database, "create table kept (n int); insert into kept values (42)");
        var busy = ExecuteAsync(database, "select pg_sleep(60)");
        await BusyAsync(database);

        await server.StopAsync(_token);

        Assert.False(process.IsAlive);
        Assert.True(DatabaseErrors.IsAway(await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy)));
        Assert.False(File.Exists(Path.Combine(_home.Layout.Data, "postmaster.pid")));
        await server.StartAsync(_token);
        Assert.Equal(42, await ScalarAsync<int>(database, "select n from kept"));
        Assert.DoesNotContain("not properly shut down", await File.ReadAllTextAsync(_home.Layout.Log, _token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_postmaster_is_replaced_and_committed_rows_are_there()
    {
        var (server, database) = _home.Manage();
        await server.StartAsync(_token);
        var killed = server.Server!;
        await ExecuteAsync(database, "create table kept (n int); insert into kept values (42)");

        Assert.True(killed.TrySignal(Signal.Kill));
        await server.StartAsync(_token);

        Assert.NotEqual(killed, server.Server);
        Assert.Equal(42, await DatabaseErrors.RetryWhileAwayAsync(
            _ => ScalarAsync<int>(database, "select n from kept"), "the test", TimeProvider.System, _home.Log, _token));
    }

    [Fact]
    public async Task A_server_whose_socket_was_removed_is_started_again_with_its_data()
    {
        var (server, database) = _home.Manage();
        await server.StartAsync(_token);
        await ExecuteAsync(database, "create table kept (n int); insert into kept values (42)");
        var before = server.Server!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var watching = server.MonitorAsync(stop.Token);

        File.Delete(_home.Layout.Socket);

        await Eventually.TrueAsync(() => server.Server != before && File.Exists(_home.Layout.Socket), "another server listens", _token);
        Assert.Equal(42, await DatabaseErrors.RetryWhileAwayAsync(
            _ => ScalarAsync<int>(database, "select n from kept"), "the test", TimeProvider.System, _home.Log, _token));
        Assert.False(before.IsAlive);
        Assert.Contains(_home.Log.Lines, line => line.Contains("without its socket", StringComparison.Ordinal));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task A_server_without_its_socket_is_not_adopted_as_it_is()
    {
        var (first, _) = _home.Manage();
        await first.StartAsync(_token);
        File.Delete(_home.Layout.Socket);

        var (second, database) = _home.Manage();
        await second.StartAsync(_token);

        Assert.NotEqual(first.Server, second.Server);
        Assert.Equal((false, true), (first.Server!.IsAlive, second.HasStarted));
        Assert.Equal(1, await ScalarAsync<int>(database, "select 1"));
    }

    [Fact]
    public async Task A_server_that_does_not_get_to_the_end_of_its_stop_is_ended_for_the_new_one()
    {
        var (server, database) = _home.Manage();
        _home.Options.StopTimeout = TimeSpan.FromSeconds(1);
        await server.StartAsync(_token);
        await ExecuteAsync(database, "create table kept (n int); insert into kept values (42)");
        var old = server.Server!;
        // What it waits for at its end never answers.
        var checkpointer = await Eventually.SomeAsync(
            "the checkpointer has its name",
            _ => Task.FromResult(ProcessTree.All().SingleOrDefault(entry => entry.Parent == old.Pid && entry.CommandLine.Contains("checkpointer", StringComparison.Ordinal))),
            Bounds.Usual, _token);
        await Signals.SendAsync(checkpointer.Pid, "STOP", _token);
        Assert.True(old.TrySignal(Signal.Interrupt));
        await Eventually.TrueAsync(() => Postmaster.Find(_home.Layout.Data) is { Status: "stopping" }, "the server stops", _token);

        await server.StartAsync(_token);

        Assert.NotEqual(old, server.Server);
        Assert.False(old.IsAlive);
        Assert.Equal(42, await DatabaseErrors.RetryWhileAwayAsync(
            _ => ScalarAsync<int>(database, "select n from kept"), "the test", TimeProvider.System, _home.Log, _token));
    }

    [Fact]
    public async Task A_backend_that_survives_its_postmaster_is_ended_for_the_new_one()
    {
        var (server, database) = _home.Manage();
        await server.StartAsync(_token);
        // It computes and never looks whether its postmaster lives.
        var busy = ExecuteAsync(database, "do $$ begin perform count(*) from generate_series(1, 20000000000) n; end $$");
        await BusyAsync(database);

        Assert.True(server.Server!.TrySignal(Signal.Kill));
        await Eventually.TrueAsync(() => Postmaster.Find(_home.Layout.Data) is null, "the postmaster is gone", _token);
        Assert.NotEmpty(Postmaster.Orphans(_home.Layout.Data));
        await server.StartAsync(_token);

        Assert.True(DatabaseErrors.IsAway(await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy)));
        Assert.Contains(_home.Log.Lines, line => line.Contains("is left of a PostgreSQL that died", StringComparison.Ordinal));
        await using var again = NpgsqlDataSource.Create(DatabaseConnection.For(_home.Options, _home.Home));
        Assert.Equal(1, await ScalarAsync<int>(again, "select 1"));
    }

    [Fact]
    public async Task The_monitor_starts_a_server_that_died_again_and_says_so()
    {
        var (server, database) = _home.Manage();
        await server.StartAsync(_token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var monitor = server.MonitorAsync(stop.Token);

        for (var round = 0; round < 3; round++)
        {
            var killed = server.Server!;
            killed.TrySignal(Signal.Kill);
            await Eventually.TrueAsync(() => server.Server is { IsAlive: true } now && now != killed, "another server runs", _token);
            Assert.Equal(1, await DatabaseErrors.RetryWhileAwayAsync(
                _ => ScalarAsync<int>(database, "select 1"), "the test", TimeProvider.System, _home.Log, _token));
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => monitor);
        Assert.Equal(3, _home.Log.Lines.Count(line => line.StartsWith("Error: PostgreSQL (process", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_monitor_watches_an_adopted_server_too()
    {
        var (first, _) = _home.Manage();
        await first.StartAsync(_token);
        var (second, database) = _home.Manage();
        await second.StartAsync(_token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var monitor = second.MonitorAsync(stop.Token);
        var killed = second.Server!;

        killed.TrySignal(Signal.Kill);
        await Eventually.TrueAsync(() => second.Server is { IsAlive: true } now && now != killed, "another server runs", _token);

        Assert.Equal(1, await ScalarAsync<int>(database, "select 1"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => monitor);
    }

    [Fact]
    public async Task A_start_that_was_killed_in_initdb_leaves_nothing_in_the_way()
    {
        Directory.CreateDirectory(_home.Layout.Data + ".new");
        await File.WriteAllTextAsync(_home.Layout.Data + ".new/PG_VERSION", "15", _token);
        var (server, database) = _home.Manage();

        await server.StartAsync(_token);

        Assert.Equal(1, await ScalarAsync<int>(database, "select 1"));
    }

    [Fact]
    public async Task A_pid_file_that_names_a_living_stranger_does_not_block()
    {
        var (server, database) = _home.Manage();
        await server.StartAsync(_token);
        await server.StopAsync(_token);
        await File.WriteAllTextAsync(
            Path.Combine(_home.Layout.Data, "postmaster.pid"),
            $"1\n{_home.Layout.Data}\n1\n5432\n{_home.Layout.Run}\n\n0 0\nready\n", _token);

        await server.StartAsync(_token);

        Assert.NotEqual(1, server.Server!.Pid);
        Assert.Equal(1, await ScalarAsync<int>(database, "select 1"));
    }

    [Fact]
    public async Task A_killed_postmaster_that_nobody_reaped_is_waited_for()
    {
        var (server, database) = _home.Manage();
        await server.StartAsync(_token);
        await server.StopAsync(_token);
        // Its kill(pid, 0) still succeeds, so PostgreSQL takes it for another server. The parent never reaps it.
        var owner = FileStatus.Of(_home.Layout.Data)!.Value;
        using var parent = Process.Start(new ProcessStartInfo(
            "/usr/bin/setpriv",
            ["--reuid", owner.User.ToString(), "--regid", owner.Group.ToString(), "--clear-groups", "/bin/sh", "-c", "sleep 0 & echo $!; exec sleep 60"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var zombie = int.Parse((await parent.StandardOutput.ReadLineAsync(_token))!);
        await Eventually.TrueAsync(() => ProcessStat.Read(zombie) is { State: 'Z' }, "there is a zombie", _token);
        await File.WriteAllTextAsync(
            Path.Combine(_home.Layout.Data, "postmaster.pid"), $"{zombie}\n{_home.Layout.Data}\n1\n5432\n{_home.Layout.Run}\n\n0 0\nready\n", _token);

        var start = server.StartAsync(_token);
        await Eventually.TrueAsync(() => _home.Log.Lines.Any(line => line.Contains("is started again: ", StringComparison.Ordinal)), "the first try has failed", _token);
        Assert.False(start.IsCompleted);
        parent.Kill();
        await start;

        Assert.Equal(1, await ScalarAsync<int>(database, "select 1"));
    }

    [Fact]
    public async Task A_deep_folder_gets_its_socket_elsewhere()
    {
        using var deep = new PostgresHome(Path.Combine(new string('a', 60), new string('b', 60)));
        var (server, database) = deep.Manage();

        await server.StartAsync(_token);

        Assert.Matches(Posix.IsRoot ? "^/run/osism-[0-9a-f]{12}$" : "^/tmp/osism-[0-9]+-[0-9a-f]{12}$", deep.Layout.Run);
        Assert.Equal(1, await ScalarAsync<int>(database, "select 1"));
    }

    private async Task BusyAsync(NpgsqlDataSource database) => await Eventually.TrueAsync(
        async () => await ScalarAsync<long>(database, "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and datname = 'osism'") > 0,
        "a statement runs",
        _token);

    private async Task<T> ScalarAsync<T>(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(_token))!;
    }

    private async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(_token);
    }
}
