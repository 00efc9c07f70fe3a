using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Osism.Benchmarks.Measuring;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform.Processes;

namespace Osism.Benchmarks.Cases;

/// <summary>What the engine costs when many jobs wait and a million have ended.</summary>
internal static class QueueDepth
{
    private const int Rounds = 300;

    public static async Task MeasureAsync(Report report, InProcess manager, CancellationToken cancellationToken)
    {
        var self = ProcessIdentity.Current;
        var worker = new WorkerIdentity(Guid.CreateVersion7(), "bench", "nowhere", self.BootId, self.Pid, self.StartTime);
        await manager.Get<WorkerRegistry>().RegisterAsync(worker, ["deep"], new WorkerOptions { Slots = 1, Lease = TimeSpan.FromHours(1) }, "0", cancellationToken);
        var empty = await ClaimsAsync(manager, worker, "few", 400, cancellationToken);
        await FillAsync(manager, "deep", 100_000, 0, cancellationToken);
        var deep = await ClaimsAsync(manager, worker, "deep", 0, cancellationToken);
        report.Goal("claim with 100,000 queued, p50", deep.Median, 0.5, "ms", $"p95 {Text(deep.P95)}, with 400 queued: p50 {Text(empty.Median)}, p95 {Text(empty.P95)}");

        await LockedAsync(manager, 5_000, cancellationToken);
        var locked = await ClaimsAsync(manager, worker, "locked", 400, cancellationToken);
        report.Goal("claim with 5,000 that wait for one lock, p50", locked.Median, 0.5, "ms", $"p95 {Text(locked.P95)}");
        var before = await CancelsAsync(manager, "few", cancellationToken);

        await ExecuteAsync(manager, "delete from job where state = 0; delete from job_key; update job set state = 3, ended_at = osism_now() where state in (1, 2)", cancellationToken);
        await FillAsync(manager, "past", 1_000_000, 4, cancellationToken);
        await ExecuteAsync(manager, "analyze job", cancellationToken);
        var queries = manager.Get<JobQueries>();
        foreach (var (name, filter) in new[]
        {
            ("all", new JobFilter(50)), ("live first", new JobFilter(50) { LiveFirst = true }), ("state", new JobFilter(50) { States = [(short)JobState.Lost] }),
            ("queue", new JobFilter(50) { Queue = "conductor" }), ("role", new JobFilter(50) { Role = "role-7" }), ("host", new JobFilter(50) { Host = "nowhere" }),
        })
        {
            var lists = new Samples();
            for (var i = 0; i < 15; i++)
            {
                var since = Stopwatch.GetTimestamp();
                await queries.ListAsync(filter, cancellationToken);
                lists.Add(Stopwatch.GetElapsedTime(since));
            }

            report.Goal($"1,000,000 ended jobs: first page, {name}, p95", lists.P95, 100, "ms", $"{lists}");
        }

        var claims = await ClaimsAsync(manager, worker, "few", 400, cancellationToken);
        var cancels = await CancelsAsync(manager, "few", cancellationToken);
        report.Context("the same: claim (ms)", $"p50 {Text(claims.Median)}, p95 {Text(claims.P95)}; without them {Text(empty.Median)}, {Text(empty.P95)}");
        report.Context("the same: cancel of a queued job (ms)", $"p50 {Text(cancels.Median)}, p95 {Text(cancels.P95)}; without them {Text(before.Median)}, {Text(before.P95)}");
    }

    private static async Task<Samples> ClaimsAsync(InProcess manager, WorkerIdentity worker, string queue, int fill, CancellationToken cancellationToken)
    {
        await FillAsync(manager, queue, fill, 0, cancellationToken);
        var store = manager.Get<JobStore>();
        var room = new Dictionary<string, int>(StringComparer.Ordinal) { [queue] = 1 };
        var times = new Samples();
        for (var i = 0; i < Rounds; i++)
        {
            var since = Stopwatch.GetTimestamp();
            if ((await store.ClaimAsync(worker, room, cancellationToken)).Count != 1)
            {
                throw new InvalidOperationException($"nothing was claimed of {queue}");
            }

            times.Add(Stopwatch.GetElapsedTime(since));
        }

        return times;
    }

    private static async Task<Samples> CancelsAsync(InProcess manager, string queue, CancellationToken cancellationToken)
    {
        await FillAsync(manager, $"{queue}-cancel", 100, 0, cancellationToken);
        var times = new Samples();
        var page = await manager.Get<JobQueries>().ListAsync(new JobFilter(100) { Queue = $"{queue}-cancel" }, cancellationToken);
        foreach (var job in page.Jobs)
        {
            var since = Stopwatch.GetTimestamp();
            await manager.Get<JobStore>().ChangeAsync(job.Id, null, "bench", (j, at) => j.Cancel("bench", at), cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(since));
        }

        return times;
    }

    private static Task FillAsync(InProcess manager, string queue, int count, int state, CancellationToken cancellationToken) => ExecuteAsync(
        manager,
        $$"""
        insert into job (id, state, blocked, queue, kind, role, request, submitted_by, submitted_at, ready_at, ended_at)
        select gen_random_uuid(), {{state}}, 0, '{{queue}}', 'ansible', 'role-' || n % 40, '{}', 'bench', osism_now(), osism_now(), case when {{state}} > 0 then osism_now() end
        from generate_series(1, {{count}}) n
        """,
        cancellationToken);

    private static Task LockedAsync(InProcess manager, int count, CancellationToken cancellationToken) => ExecuteAsync(
        manager,
        $$"""
        with waiting as (
            insert into job (id, state, blocked, queue, kind, request, submitted_by, submitted_at, lock_keys)
            select gen_random_uuid(), 0, 1, 'locked', 'ansible', '{}', 'bench', osism_now(), array['one'] from generate_series(1, {{count}}) returning id, seq)
        insert into job_key (key, ord, job_id, waits) select 'one', seq, id, true from waiting
        """,
        cancellationToken);

    private static async Task ExecuteAsync(InProcess manager, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await manager.Get<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
