using System.Diagnostics;
using System.Globalization;
using Osism.Testing;

namespace Osism.SystemTests.Schedules;

/// <summary>Two managers with the role beat on one database, a schedule that is due every second, and the death of one of them.</summary>
public sealed class TwoBeatsTests(ITestOutputHelper log)
{
    private static readonly TimeSpan Phase = Bounds.Long;

    /// <summary>A lease runs out in 15 s; the rest is for a machine that has other things to do.</summary>
    private static readonly TimeSpan TakenOverWithin = TimeSpan.FromSeconds(60);
    private const int Before = 20;
    private const int After = 10;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_occurrence_is_there_once_and_runs_once_and_none_is_missing_when_one_manager_is_killed()
    {
        await using var postgres = await NetworkPostgres.StartAsync("127.0.0.1", _token);
        using var pod = await ConfigurationPod.CreateAsync(lab: null, encrypted: false, _token);
        await pod.WriteAsync("environments/schedules.yml", "- name: tick\n  every: 1s\n  role: noop\n  overlap: queue\n", _token);
        await using var first = await StartAsync("first");
        using var worker = first.StartBeside(Checkout.Daemon, "--roles", "worker:osism-ansible");
        await using var second = await StartAsync("second");
        Task<Daemon> StartAsync(string name) => Daemon.StartAsync(pod.Path, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_ROLES"] = "api,beat",
            ["OSISM_DATABASE"] = postgres.Url,
            ["OSISM_WORKER__NAME"] = name,
            ["OSISM_WORKER__SLOTS"] = "2",
            ["OSISM_RUNTIMES__OSISM_ANSIBLE__ANSIBLE_PLAYBOOK"] = "/usr/bin/true",
        }, _token);

        var began = await NumberAsync("select coalesce(max(extract(epoch from at))::bigint, 0) from schedule_occurrence");
        await Eventually.TrueAsync("the first occurrences are decided", async _ => await DecidedAsync(began) >= Before, Phase + TimeSpan.FromSeconds(Before), _token);
        var roles = (await postgres.QueryAsync("select role from leadership where lease_until > osism_now() order by role", _token)).Split('\n');
        var leader = await postgres.QueryAsync("select split_part(holder_name, '/', 2) from leadership where role = 'notifications'", _token);
        var (dies, stays) = leader == $"{first.Id}" ? (first, second) : (second, first);
        await dies.KillAsync(_token);
        var killed = await NumberAsync("select extract(epoch from osism_now())::bigint");
        var since = Stopwatch.GetTimestamp();

        // Who lives decides what is due now, not only what is due later.
        await Eventually.TrueAsync("occurrences after the kill are decided", async _ => await DecidedAsync(killed) >= After, Phase, _token);
        Assert.Equal("0", await postgres.QueryAsync($"select count(*) from schedule_occurrence where at > to_timestamp({killed + 1}) and decided_by not like '%/{stays.Id}'", _token));
        await Eventually.TrueAsync(
            $"the other one plays {string.Join(", ", roles)}",
            async _ => await postgres.QueryAsync($"select count(*) from leadership where lease_until > osism_now() and holder_name like '%/{stays.Id}'", _token) == $"{roles.Length}",
            Phase, _token);
        var took = Stopwatch.GetElapsedTime(since);
        log.WriteLine($"{string.Join(", ", roles)}: taken over after {took.TotalSeconds:0.0} s at most");
        Assert.True(took < TakenOverWithin, $"it took {took.TotalSeconds:0.0} s");

        // Every second there is one, and each has one job.
        await stays.Cli.MustAsync(_token, "schedule", "pause", "tick");
        await Eventually.TrueAsync("nothing waits", async _ => await NumberAsync("select count(*) from schedule_occurrence where outcome = 'waiting'") == 0, Phase, _token);
        await Eventually.TrueAsync("all jobs have ended", async _ => await NumberAsync("select count(*) from job where state not in (3, 4)") == 0, Phase, _token);
        var faults = await postgres.QueryAsync(
            """
            select 'gap before ' || at from (select at, at - lag(at) over (order by at) as gap from schedule_occurrence where schedule = 'tick') each where gap <> interval '1 second'
            union all select at || ' is ' || outcome from schedule_occurrence where outcome <> 'submitted'
            union all select at || ' has no job of its own' from schedule_occurrence where job_id is null or job_id in (select job_id from schedule_occurrence group by 1 having count(*) > 1)
            """, _token);
        Assert.Equal("", faults);
        var occurrences = await NumberAsync("select count(*) from schedule_occurrence");
        Assert.True(occurrences >= Before + After, $"{occurrences}");
        Assert.Equal(occurrences, await NumberAsync("select count(*) from job where submitted_by = 'schedule/tick' and state = 3 and attempt = 1"));
        log.WriteLine($"{occurrences} occurrences, decided by {await postgres.QueryAsync("select string_agg(decided_by || ' ' || n, ', ') from (select decided_by, count(*) n from schedule_occurrence group by 1) each", _token)}");

        async Task<long> NumberAsync(string sql) => long.Parse(await postgres.QueryAsync(sql, _token), CultureInfo.InvariantCulture);
        async Task<long> DecidedAsync(long after) => await NumberAsync($"select count(*) from schedule_occurrence where extract(epoch from at) > {after}");
    }
}
