using System.Text.Json;
using Npgsql;
using Osism.Contracts.Jobs;
using Osism.Daemon.Recording.History;
using Osism.Testing;
using Osism.Tests.Hosting;

namespace Osism.Tests.Recording;

/// <summary>The execution history in the form of before.</summary>
public sealed class ExecutionHistoryTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_that_has_ended_has_one_line_with_its_hosts()
    {
        using var folder = new TempFolder();
        await using var manager = await StartAsync(folder);
        Directory.CreateDirectory(Path.Combine(manager.Home.Interface, "versions"));
        await File.WriteAllTextAsync(Path.Combine(manager.Home.Interface, "versions", "osism-ansible.yml"), "osism_ansible_version: '7.1.0'\n", _token);
        var run = await EndedAsync(manager, JobState.Failed);

        await WriteAsync(manager);
        await WriteAsync(manager);

        using var line = JsonDocument.Parse(Assert.Single(Lines(folder)));
        Assert.Equal(
            ["timestamp", "request_id", "worker", "worker_version", "environment", "role", "hosts", "arguments", "result"],
            line.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(run.Job, line.RootElement.GetProperty("request_id").GetGuid());
        Assert.Equal(
            ("osism-ansible", "7.1.0", "kolla", "nova", "failure"),
            (Text("worker"), Text("worker_version"), Text("environment"), Text("role"), Text("result")));
        Assert.EndsWith("Z", Text("timestamp"), StringComparison.Ordinal);
        Assert.Equal(["node-0", "node-1"], line.RootElement.GetProperty("hosts").EnumerateArray().Select(host => host.GetString()));

        string Text(string name) => line.RootElement.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task What_was_written_before_a_crash_is_not_written_again_and_a_torn_line_goes()
    {
        using var folder = new TempFolder();
        await using var manager = await StartAsync(folder);
        var first = await EndedAsync(manager, JobState.Succeeded);
        await WriteAsync(manager);

        // The process died between the disk and the database: the second is in the file and pending; of the third half a line is there.
        var second = await EndedAsync(manager, JobState.Succeeded);
        var third = await EndedAsync(manager, JobState.Cancelled);
        await File.AppendAllTextAsync(folder["history"], $"{{\"request_id\":\"{second.Job}\"}}\n{{\"request_id\":\"{third.Job}\",\"ho", _token);
        await WriteAsync(manager);

        Assert.Equal(
            [first.Job, second.Job, third.Job],
            Lines(folder).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("request_id").GetGuid()));
    }

    [Fact]
    public async Task A_file_that_is_too_long_is_put_aside_and_nothing_is_lost()
    {
        using var folder = new TempFolder();
        await using var manager = await StartAsync(folder, ("OSISM_HISTORY__MAX_BYTES", "100"), ("OSISM_HISTORY__KEEP", "2"));
        var jobs = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            jobs.Add((await EndedAsync(manager, JobState.Succeeded)).Job);
            await WriteAsync(manager);
        }

        // One file and two aside: the first is gone.
        Assert.Equal(
            jobs.Skip(1),
            new[] { "history.2", "history.1", "history" }.Select(name => JsonDocument.Parse(Assert.Single(File.ReadAllLines(folder[name]))).RootElement.GetProperty("request_id").GetGuid()));
    }

    [Fact]
    public async Task Off_writes_nothing_and_keeps_no_list()
    {
        using var folder = new TempFolder();
        await using var manager = await StartAsync(folder, ("OSISM_HISTORY__PATH", "off"));
        await EndedAsync(manager, JobState.Succeeded);

        await WriteAsync(manager);

        Assert.False(File.Exists(folder["history"]));
        await using var command = manager.Get<NpgsqlDataSource>().CreateCommand("select count(*) from execution_pending");
        Assert.Equal(0L, await command.ExecuteScalarAsync(_token));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_file_is_not_followed()
    {
        using var folder = new TempFolder();
        await using var manager = await StartAsync(folder);
        await File.WriteAllTextAsync(folder["other"], "precious\n", _token);
        File.CreateSymbolicLink(folder["history"], folder["other"]);
        await EndedAsync(manager, JobState.Succeeded);

        await Assert.ThrowsAsync<IOException>(() => WriteAsync(manager));

        Assert.Equal("precious\n", await File.ReadAllTextAsync(folder["other"], _token));
    }

    private static Task<Manager> StartAsync(TempFolder folder, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api", ["OSISM_HISTORY__PATH"] = folder["history"] };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return Manager.StartAsync(all);
    }

    private Task WriteAsync(Manager manager) => manager.Get<ExecutionHistory>().WriteAsync(_token);

    /// <summary>A run that goes through the move by which runs end.</summary>
    private async Task<RecordedRun> EndedAsync(Manager manager, JobState state)
    {
        var database = manager.Get<NpgsqlDataSource>();
        var run = await new RecordedRun { State = JobState.Running }.Play("p").Task("t").Host("node-1", "ok").Host("node-0", "ok").WriteAsync(database);
        await using var command = database.CreateCommand("update job set state = $2, ended_at = osism_now() where id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = run.Job });
        command.Parameters.Add(new NpgsqlParameter { Value = (short)state });
        await command.ExecuteNonQueryAsync(_token);
        return run;
    }

    private static string[] Lines(TempFolder folder) => File.ReadAllLines(folder["history"]);
}
