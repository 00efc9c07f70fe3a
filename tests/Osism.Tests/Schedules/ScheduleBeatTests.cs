using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Schedules;
using Osism.Daemon.Configuration;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Schedules;
using Osism.Tests.Hosting;

namespace Osism.Tests.Schedules;

/// <summary>The role beat on a real database, with the clock in the test's hand; the manager beside it serves the API.</summary>
public sealed class ScheduleBeatTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 14, 0, 0, TimeSpan.Zero);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api", ["INVENTORY_RECONCILER_SCHEDULE"] = "0" });
        await SetAsync(Start);
    }

    public async ValueTask DisposeAsync() => await _manager.DisposeAsync();

    [Fact]
    public async Task An_occurrence_is_one_job_in_the_name_of_its_schedule()
    {
        Write("- {name: often, every: 10m, role: ping, arguments: ['-l', localhost], retry: 1}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        Assert.Empty(await JobsAsync());

        await SetAsync(Start.AddMinutes(10));
        await TickAsync(beat);
        await TickAsync(beat);

        var job = Assert.Single(await JobsAsync());
        Assert.Equal(("schedule/often", "ping", 1), (job.SubmittedBy, job.Role, job.RetriesLeft));
        Assert.Equal(["-l", "localhost"], job.Arguments);
        var row = Assert.Single(await HistoryAsync("often"));
        Assert.Equal((Start.AddMinutes(10), "timer", "submitted", job.Id, "queued"), (row.At, row.Cause, row.Outcome, row.Job!.Value, row.State));
    }

    [Fact]
    public async Task Two_processes_on_one_database_claim_each_occurrence_once()
    {
        Write(string.Concat(Enumerable.Range(0, 8).Select(i => $"- {{name: s{i}, every: {i + 1}s, role: ping, overlap: queue}}\n")));
        ScheduleBeat[] beats = [Beat("a"), Beat("b"), Beat("c")];
        foreach (var beat in beats)
        {
            await TickAsync(beat);
        }

        for (var second = 1; second <= 40; second++)
        {
            await SetAsync(Start.AddSeconds(second));
            await Task.WhenAll(beats.Select(beat => Task.Run(() => beat.TickAsync(_token), _token)));
            await ExecuteAsync("update job set state = 3, ended_at = osism_now() where state = 0");
        }

        // What two that met left undone is done by the next look.
        await Task.WhenAll(beats.Select(TickAsync));
        await DrainAsync(beats[0]);
        for (var i = 0; i < 8; i++)
        {
            var name = $"s{i}";
            var due = Enumerable.Range(1, 40).Select(second => Start.AddSeconds(second)).Where(at => at.ToUnixTimeSeconds() % (i + 1) == 0).ToList();
            Assert.Equal(due, (await QueryAsync<DateTimeOffset>($"select at from schedule_occurrence where schedule = '{name}' order by at")));
            Assert.Equal(due.Count, (await QueryAsync<Guid>($"select id from job where submitted_by = 'schedule/{name}'")).Count);
            Assert.Equal(due.Count, (await QueryAsync<Guid>($"select distinct job_id from schedule_occurrence join job on id = job_id where schedule = '{name}'")).Count);
        }

        Assert.True((await QueryAsync<string>("select distinct decided_by from schedule_occurrence")).Count > 1, "only one of three processes ever decided");
    }

    [Fact]
    public async Task A_clock_that_jumps_an_hour_ahead_and_back_runs_nothing_twice_and_leaves_nothing_asleep()
    {
        Write("- {name: often, every: 10m, role: ping}\n- {name: made-up, every: 10m, role: ping, misfire: once}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        await RunAsync(10);
        Assert.Equal(["submitted"], await OutcomesAsync("often"));

        // An hour ahead: 15:20. What lay between was missed; 15:20 itself is due.
        await RunAsync(80);
        Assert.Equal(["submitted", "missed", "submitted"], await OutcomesAsync("often"));
        // The run that makes up for them has only begun when 15:20 is due.
        Assert.Equal(["submitted", "submitted", "overlap"], await OutcomesAsync("made-up"));
        var jobs = (await JobsAsync()).Count;

        // And back again: what was done stays done, what was not yet due then comes at its time.
        await RunAsync(20);
        Assert.Equal(["submitted", "missed", "submitted"], await OutcomesAsync("often"));
        await RunAsync(30);
        Assert.Equal(jobs + 2, (await JobsAsync()).Count);
        for (var minute = 40; minute <= 90; minute += 10)
        {
            await RunAsync(minute);
        }

        // 14:40 to 15:10 ran this time, 15:10 and 15:20 had been decided when the clock was ahead, and 15:30 is new.
        Assert.Equal(
            ["14:10 submitted", "14:30 submitted", "14:40 submitted", "14:50 submitted", "15:00 submitted", "15:10 missed", "15:20 submitted", "15:30 submitted"],
            await QueryAsync<string>("select to_char(at at time zone 'UTC', 'HH24:MI') || ' ' || outcome from schedule_occurrence where schedule = 'often' order by at"));

        async Task RunAsync(int minute)
        {
            await StepAsync(beat, minute);
            await ExecuteAsync("update job set state = 3, ended_at = osism_now() where state = 0");
        }
    }

    [Fact]
    public async Task After_a_night_of_silence_the_policy_says_what_runs()
    {
        Write("- {name: skips, every: 10m, role: ping}\n- {name: makes-up, every: 10m, role: ping, misfire: once}\n");
        await TickAsync(Beat("a"));
        await SetAsync(Start.AddHours(8).AddMinutes(5));

        await TickAsync(Beat("b"));

        Assert.Equal(["missed"], await OutcomesAsync("skips"));
        Assert.Equal(["submitted"], await OutcomesAsync("makes-up"));
        Assert.Equal("nobody was there to start 48 since 2026-11-20 14:10:00 UTC; one run for all", (await HistoryAsync("makes-up"))[0].Detail);
    }

    [Fact]
    public async Task While_a_run_goes_on_the_next_is_left_out_or_waits_for_its_end()
    {
        Write("- {name: skips, every: 10m, role: ping, retry: 1}\n- {name: waits, every: 10m, role: ping, overlap: queue}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        await StepAsync(beat, 10);
        await StepAsync(beat, 20);
        await StepAsync(beat, 30);
        Assert.Equal(["submitted", "overlap", "overlap"], await OutcomesAsync("skips"));
        Assert.Equal(["submitted", "waiting", "waiting"], await OutcomesAsync("waits"));
        Assert.Equal(2, (await JobsAsync()).Count);

        // A repetition is still the same run.
        await EndAllAsync(JobState.Failed);
        await StepAsync(beat, 40);
        Assert.Equal("overlap", (await OutcomesAsync("skips"))[^1]);
        Assert.Equal(["submitted", "submitted", "waiting", "waiting"], await OutcomesAsync("waits"));

        await EndAllAsync(JobState.Succeeded);
        await TickAsync(beat);
        await EndAllAsync(JobState.Succeeded);
        await TickAsync(beat);
        Assert.Equal(["submitted", "submitted", "submitted", "submitted"], await OutcomesAsync("waits"));
        await EndAllAsync(JobState.Succeeded);
        await StepAsync(beat, 50);
        Assert.Equal("submitted", (await OutcomesAsync("skips"))[^1]);
    }

    [Fact]
    public async Task What_cannot_be_submitted_is_refused_once_with_the_reason()
    {
        Write("- {name: often, every: 10m, role: ping}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        await File.WriteAllTextAsync(Path.Combine(_manager.Repository, "environments", ".lock"), "moving house\n", _token);

        await StepAsync(beat, 10);

        Assert.Empty(await JobsAsync());
        var row = Assert.Single(await HistoryAsync("often"));
        Assert.Equal("refused", row.Outcome);
        Assert.StartsWith("lock.held: ", row.Detail, StringComparison.Ordinal);
        Assert.Contains("moving house", row.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pause_outlives_restarts_and_changes_of_the_file_and_what_passed_meanwhile_is_gone()
    {
        Write("- {name: often, every: 10m, role: ping, misfire: once}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        using (var paused = await _manager.Http.PostAsync("/v1/schedules/often/pause", Manager.Json("""{"reason":"the hall is painted"}"""), _token))
        {
            var info = await Manager.ReadAsync(paused, OsismJson.Default.ScheduleInfo);
            Assert.Equal(("paused", "the hall is painted", true), (info.State, info.Reason, info.Next is null));
        }

        await StepAsync(beat, 10);
        Write("# another word\n- {name: often, every: 10m, role: ping, misfire: once}\n");
        var restarted = Beat("b");
        await StepAsync(restarted, 60);
        Assert.Empty(await JobsAsync());
        Assert.Equal("paused", (await ScheduleAsync("often")).State);

        using (await _manager.Http.PostAsync("/v1/schedules/often/resume", null, _token))
        {
            Assert.Equal(("active", Start.AddMinutes(70)), ((await ScheduleAsync("often")).State, (await ScheduleAsync("often")).Next));
        }

        await StepAsync(restarted, 65);
        Assert.Empty(await JobsAsync());
        await StepAsync(restarted, 70);
        Assert.Single(await JobsAsync());
    }

    [Fact]
    public async Task A_paused_schedule_of_the_file_can_be_resumed_by_hand()
    {
        Write("- {name: often, every: 10m, role: ping, paused: true}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        await StepAsync(beat, 10);
        Assert.Empty(await JobsAsync());

        using (await _manager.Http.PostAsync("/v1/schedules/often/resume", null, _token))
        {
            await StepAsync(beat, 20);
        }

        Assert.Single(await JobsAsync());
    }

    [Fact]
    public async Task The_inventory_is_looked_at_without_a_job_and_the_history_says_how_it_went()
    {
        Write("- {name: look, every: 10m, role: reconcile}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        await StepAsync(beat, 10);
        Directory.CreateDirectory(Path.Combine(_manager.Repository, "inventory"));
        await File.WriteAllTextAsync(Path.Combine(_manager.Repository, "inventory", "10-broken"), "[a:children]\nnobody\n", _token);
        await StepAsync(beat, 20);
        using var answer = await _manager.Http.PostAsync(new Uri(ApiRoutes.ScheduleRun("look"), UriKind.Relative), Manager.Json("{}"), _token);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);

        Assert.Empty(await JobsAsync());
        var history = await HistoryAsync("look");
        Assert.Equal(["operator failed", "timer failed", "timer done"], history.Select(row => $"{row.Cause} {row.Outcome}"));
        Assert.All(history.Take(2), row => Assert.StartsWith("inventory/10-broken, line 2: ", row.Detail, StringComparison.Ordinal));
        Assert.StartsWith("revision ", history[2].Detail, StringComparison.Ordinal);
        Assert.All(history, row => Assert.Null(row.Job));
    }

    [Theory]
    [InlineData("{name: look, every: 10m, role: reconcile, arguments: ['-l', x]}")]
    [InlineData("{name: look, every: 10m, role: reconcile, action: deploy}")]
    public async Task A_look_at_the_inventory_takes_nothing(string entry)
    {
        Write($"- {entry}\n");
        var page = await _manager.GetAsync(ApiRoutes.Schedules, OsismJson.Default.SchedulePage);
        Assert.Contains("reconcile takes neither", Assert.Single(page.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_hand_it_runs_at_once_paused_or_not()
    {
        Write("- {name: often, every: 10m, role: ping, paused: true}\n");
        foreach (var _ in new[] { 1, 2 })
        {
            using var answer = await _manager.Http.PostAsync("/v1/schedules/often/run", null, _token);
            var occurrence = await Manager.ReadAsync(answer, OsismJson.Default.ScheduleOccurrenceInfo);
            Assert.Equal(("operator", "submitted"), (occurrence.Cause, occurrence.Outcome));
        }

        Assert.Equal(2, (await JobsAsync()).Count);
        Assert.Equal(2, (await HistoryAsync("often")).Count);
    }

    [Fact]
    public async Task A_broken_file_changes_nothing_and_says_what_is_wrong_also_after_a_restart()
    {
        Write("- {name: often, every: 10m, role: ping}\n");
        var beat = Beat("a");
        await TickAsync(beat);

        Write("- {name: often, every: 20m, role: ping}\n- name: never\n  cron: 0 0 30 2 *\n  role: ping\n- name: odd\n  every: 1h\n  role: pinng\n");
        foreach (var _ in new[] { beat, Beat("b") })
        {
            var page = await _manager.GetAsync("/v1/schedules", OsismJson.Default.SchedulePage);
            Assert.Equal("10m", Assert.Single(page.Items).Every);
            Assert.Equal(
                [("environments/schedules.yml", 3, "never due"), ("environments/schedules.yml", 7, "role.unknown: there is no role 'pinng'")],
                page.Problems.Select(problem => (problem.File, problem.Line!.Value, new[] { "never due", "role.unknown: there is no role 'pinng'" }.Single(word => problem.Message.Contains(word, StringComparison.Ordinal)))));
        }

        await StepAsync(Beat("c"), 10);
        Assert.Single(await JobsAsync());

        Write("- {name: other, every: 20m, role: ping}\n");
        Assert.Equal("other", Assert.Single((await _manager.GetAsync("/v1/schedules", OsismJson.Default.SchedulePage)).Items).Name);
    }

    [Fact]
    public async Task New_times_count_from_the_moment_they_are_read()
    {
        Write("- {name: often, every: 10m, role: ping, misfire: once}\n");
        var beat = Beat("a");
        await TickAsync(beat);
        await SetAsync(Start.AddMinutes(55));
        Write("- {name: often, every: 1h, role: ping, misfire: once}\n");
        await TickAsync(beat);
        await TickAsync(beat);
        Assert.Empty(await JobsAsync());

        await StepAsync(beat, 60);
        Assert.Single(await JobsAsync());
    }

    [Fact]
    public async Task A_collection_runs_as_a_graph_and_overlaps_until_its_last_job_has_ended()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_manager.Repository, "environments", "collections.yml"),
            "collections:\n  two:\n    nodes:\n      a: {role: ping}\n      b: {role: facts, after: [a]}\n", _token);
        Write("- {name: both, every: 10m, collection: two}\n");
        Assert.Empty((await _manager.GetAsync("/v1/schedules", OsismJson.Default.SchedulePage)).Problems);
        var beat = Beat("a");
        await TickAsync(beat);
        await StepAsync(beat, 10);

        var jobs = await JobsAsync();
        Assert.Equal(["ping", "facts"], jobs.Select(job => job.Role));
        Assert.Equal($"run {jobs[0].Collection} of collection two", Assert.Single(await HistoryAsync("both")).Detail);
        Assert.Equal([jobs[0].Collection!.Value], await QueryAsync<Guid>("select id from collection_run"));

        await ExecuteAsync($"update job set state = 3, ended_at = osism_now() where id = '{jobs[0].Id}'");
        await StepAsync(beat, 20);
        await ExecuteAsync("update job set state = 3, ended_at = osism_now() where state = 0");
        await StepAsync(beat, 30);
        Assert.Equal(["submitted", "overlap", "submitted"], await OutcomesAsync("both"));
    }

    [Fact]
    public async Task A_collection_that_does_not_exist_is_refused_with_names_that_are_near()
    {
        Write("- {name: all, every: 10m, collection: nutshel}\n");

        var problem = Assert.Single((await _manager.GetAsync("/v1/schedules", OsismJson.Default.SchedulePage)).Problems);

        Assert.Equal(1, problem.Line);
        Assert.Contains("collection.not_found: there is no collection 'nutshel'; did you mean nutshell", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/schedules/oftn", 404, "schedule.unknown", "did you mean often?")]
    [InlineData("POST", "/v1/schedules/oftn/run", 404, "schedule.unknown", "oftn")]
    [InlineData("GET", "/v1/schedules/oftn/history", 404, "schedule.unknown", "oftn")]
    [InlineData("GET", "/v1/schedules/often/next?n=0", 400, "request.invalid", "n is 0")]
    [InlineData("GET", "/v1/schedules/often/history?next=x", 400, "request.invalid", "next")]
    [InlineData("GET", "/v1/schedules/often/history?limit=0", 400, "request.invalid", "limit")]
    public async Task What_is_asked_wrongly_is_refused_with_the_reason(string method, string path, int status, string code, string word)
    {
        Write("- {name: often, every: 10m, role: ping}\n");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        var problem = await Manager.ProblemAsync(_manager.Http.SendAsync(request, _token));

        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.Contains(word, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_ones_are_told_on_the_clock_of_their_zone()
    {
        Write("- {name: night, cron: '30 2 * * *', timezone: Europe/Berlin, role: ping}\n");

        var next = (await _manager.GetAsync("/v1/schedules/night/next?n=2", OsismJson.Default.PageScheduleTimeInfo)).Items;

        Assert.Equal(
            ["2026-11-21T02:30:00.0000000+01:00", "2026-11-22T02:30:00.0000000+01:00"],
            next.Select(time => time.At.ToString("O", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Old_history_is_forgotten_and_read_page_by_page()
    {
        Write("- {name: often, every: 10m, role: ping}\n");
        await TickAsync(Beat("a"));
        await ExecuteAsync("""
            insert into schedule_occurrence (schedule, at, cause, outcome, decided_by, decided_at)
            select 'often', osism_now() - n * interval '1 hour', 'timer', 'missed', 'x', osism_now() - n * interval '1 hour' from generate_series(1, 3000) n
            """);
        await TickAsync(Beat("b"));
        var left = await QueryAsync<DateTimeOffset>("select at from schedule_occurrence order by at desc");
        Assert.Equal(2160, left.Count);

        var (read, cursor) = (new List<DateTimeOffset>(), "");
        do
        {
            var page = await _manager.GetAsync($"/v1/schedules/often/history?limit=1000{cursor}", OsismJson.Default.PageScheduleOccurrenceInfo);
            read.AddRange(page.Items.Select(row => row.At));
            cursor = page.Next is null ? "" : $"&next={page.Next}";
        }
        while (cursor.Length > 0);
        Assert.Equal(left, read);
    }

    private ScheduleBeat Beat(string name)
    {
        var store = new ScheduleStore(_manager.Get<NpgsqlDataSource>(), _manager.Get<JobStore>(), new DaemonInstance(Guid.CreateVersion7(), name));
        var options = Options.Create(new ScheduleOptions { GatherFacts = 0, Reconcile = 0 });
        var targets = _manager.Get<ScheduleTargets>();
        var book = new ScheduleBook(_manager.Get<ConfigurationRepository>(), targets, store, options, TimeProvider.System);
        return new ScheduleBeat(book, store, targets, options, new ScheduleMetrics(), TimeProvider.System, NullLogger<ScheduleBeat>.Instance);
    }

    private async Task StepAsync(ScheduleBeat beat, int minute)
    {
        await SetAsync(Start.AddMinutes(minute));
        await TickAsync(beat);
    }

    /// <summary>As often as it finds something to do at once.</summary>
    private async Task TickAsync(ScheduleBeat beat)
    {
        for (var i = 0; i < 10 && await beat.TickAsync(_token) < TimeSpan.FromMilliseconds(100); i++)
        {
            // Again.
        }
    }

    /// <summary>Lets everything that waits run, one after the other.</summary>
    private async Task DrainAsync(ScheduleBeat beat)
    {
        while ((await QueryAsync<string>("select outcome from schedule_occurrence where outcome = 'waiting'")).Count > 0)
        {
            await ExecuteAsync("update job set state = 3, ended_at = osism_now() where state = 0");
            await beat.TickAsync(_token);
        }
    }

    private async Task EndAllAsync(JobState state)
    {
        foreach (var job in (await JobsAsync()).Where(job => !job.IsTerminal))
        {
            var store = _manager.Get<JobStore>();
            var worker = Jobs.JobsSetup.Worker("w");
            await store.ClaimAsync(worker, new Dictionary<string, int>(StringComparer.Ordinal) { [job.Queue] = 100 }, _token);
            await store.ChangeAsync(job.Id, null, "w", (j, at) => j.End(state, null, at), _token);
        }
    }

    private async Task<ScheduleInfo> ScheduleAsync(string name) => await _manager.GetAsync($"/v1/schedules/{name}", OsismJson.Default.ScheduleInfo);

    private async Task<IReadOnlyList<ScheduleOccurrenceInfo>> HistoryAsync(string name) =>
        (await _manager.GetAsync($"/v1/schedules/{name}/history", OsismJson.Default.PageScheduleOccurrenceInfo)).Items;

    /// <summary>Oldest first.</summary>
    private async Task<List<string>> OutcomesAsync(string name) => [.. (await HistoryAsync(name)).Reverse().Select(row => row.Outcome)];

    private async Task<IReadOnlyList<Job>> JobsAsync() => await QueryAsync<Job>($"select {JobStore.Columns} from job order by seq");

    private async Task SetAsync(DateTimeOffset now) => await ExecuteAsync(
        $"create or replace function osism_now() returns timestamptz language sql volatile as $$ select timestamptz '{now:O}' $$");

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _manager.Get<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync(_token);
    }

    private async Task<List<T>> QueryAsync<T>(string sql)
    {
        await using var connection = await _manager.Get<NpgsqlDataSource>().OpenConnectionAsync(_token);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, cancellationToken: _token))).AsList();
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(_manager.Repository, "environments", "schedules.yml"), text);
}
