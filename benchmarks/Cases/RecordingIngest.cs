using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using Osism.Benchmarks.Measuring;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Ingest;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>A full spool of events goes into the database: parsed, masked, with rows and facts, manager and PostgreSQL on one core.</summary>
internal static class RecordingIngest
{
    private const int Hosts = 100;
    private const int Tasks = 1000;
    private const int Secrets = 100;
    private const int FactsEvery = 2000;
    private const int Facts = 400;
    private const int Changing = 20;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var manager = await InProcess.StartAsync(null, "api", new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);
        using var folder = new TempFolder();
        var file = folder["events.ndjson"];
        var lines = await WriteAsync(file, cancellationToken);
        await PinAsync(manager, cancellationToken);

        // Once for the compiler and the plans, then for the clock.
        await DrainAsync(manager, file, cancellationToken);
        var rates = new Samples();
        var cost = (Own: 0.0, Server: 0.0);
        Job job = null!;
        for (var round = 0; round < 3; round++)
        {
            var (own, server, began) = (OwnCpu(), ServerCpu.Of(manager.Home), Stopwatch.GetTimestamp());
            job = await DrainAsync(manager, file, cancellationToken);
            rates.Add(lines / Stopwatch.GetElapsedTime(began).TotalSeconds);
            cost = ((OwnCpu() - own).TotalMicroseconds / lines, (ServerCpu.Of(manager.Home) - server).TotalMicroseconds / lines);
        }

        var sizes = File.ReadLines(file).Select(line => line.Length).Order().ToList();
        report.Goal(
            "60,000 events/s / a full spool of events through masker, rows and facts into the database, manager and PostgreSQL on one core", 60_000 / rates.Median, 1, "",
            string.Create(CultureInfo.InvariantCulture, $"events/s: median {rates.Median:0} of 3, {rates.Minimum:0} to {rates.Maximum:0}; {lines} events, median {sizes[sizes.Count / 2]} B, {Facts} facts of a host in one of {FactsEvery} results, {Changing} of which change; CPU an event: manager {cost.Own:0.0} us, PostgreSQL {cost.Server:0.0} us"));
        await StorageAsync(report, manager, job, cancellationToken);
    }

    private static async Task StorageAsync(Report report, InProcess manager, Job job, CancellationToken cancellationToken)
    {
        await using var command = manager.Get<NpgsqlDataSource>().CreateCommand("""
            select (select sum(pg_column_size(data)) from job_output where job_id = $1 and stream = 1)::bigint,
                   (select count(*) from rec_result r join rec_playbook p on r.id >> 24 = p.id where p.job_id = $1),
                   pg_total_relation_size('rec_result') / greatest(1, (select count(*) from rec_result))
            """);
        command.Parameters.Add(new() { Value = job.Id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (bytes, results, row) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        report.Context(
            "the same: what 10,000 results take in the database",
            string.Create(CultureInfo.InvariantCulture, $"{((bytes / (double)results) + row) / 100:0.00} MB (rows with indexes {row} B a result, the lines of events compressed {bytes / results} B)"));
    }

    private static async Task<int> WriteAsync(string file, CancellationToken cancellationToken)
    {
        var random = new Random(5);
        var count = 0;
        await using var writer = new StreamWriter(file, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
        var t = 1790000000.0;
        string T() => (t += 0.0004).ToString("0.000000", CultureInfo.InvariantCulture);
        async Task LineAsync(string text)
        {
            count++;
            await writer.WriteLineAsync($$"""{"v":1,"seq":{{count}},"t":{{T()}},{{text}}}""".AsMemory(), cancellationToken);
        }

        await LineAsync("""
            "ev":"run_start","playbook":"site.yml","path":"/pod/site.yml","ansible":"2.14.18","python":"3.11.2","controller":"manager","user":"dragon","check":false,"arguments":{}
            """.Trim());
        await LineAsync("""
            "ev":"play_start","play":"02fc0000-0001-7c69-b49f-000000000004","name":"Play","hosts_count":100,"strategy":"linear"
            """.Trim());
        for (var task = 0; task < Tasks; task++)
        {
            await LineAsync($$"""
                "ev":"task_start","task":"02fc0000-0001-7c69-b49f-{{task:x12}}","play":"02fc0000-0001-7c69-b49f-000000000004","name":"Task {{task}}","action":"command","path":"/pod/site.yml:{{task}}","role":null,"tags":[],"handler":false,"no_log":false,"loop":false
                """.Trim());
            for (var host = 0; host < Hosts; host++)
            {
                await LineAsync($$"""
                    "ev":"host_start","h":"testbed-node-{{host}}","task":"02fc0000-0001-7c69-b49f-{{task:x12}}"
                    """.Trim());
            }

            for (var host = 0; host < Hosts; host++)
            {
                if (((task * Hosts) + host) % FactsEvery == 0)
                {
                    // Most facts of a host stay what they were; uptime, dates and the like do not.
                    var facts = string.Join(',', Enumerable.Range(0, Facts).Select(fact => $"\"ansible_fact_{fact}\":\"{(fact < Changing ? random.NextInt64() : host):x16}{fact:x16}\""));
                    await LineAsync($$"""
                        "ev":"facts","h":"testbed-node-{{host}}","task":"02fc0000-0001-7c69-b49f-{{task:x12}}","action":"gather_facts","facts":{ {{facts}} }
                        """.Trim());
                }

                await LineAsync($$"""
                    "ev":"host","h":"testbed-node-{{host}}","task":"02fc0000-0001-7c69-b49f-{{task:x12}}","status":"{{(host % 7 == 0 ? "changed" : "ok")}}","changed":{{(host % 7 == 0 ? "true" : "false")}},"ignored":false,"start":{{t.ToString("0.000000", CultureInfo.InvariantCulture)}},"dur_ms":{{random.Next(9000)}}.25,"delegated_to":[],"res":{"changed":false,"cmd":["echo","{{random.NextInt64():x16}}"],"delta":"0:00:00.003512","end":"2026-11-20 09:11:10.249883","rc":0,"start":"2026-11-20 09:11:10.246371","stderr":"","stdout":"{{random.NextInt64():x16}} {{random.NextInt64():x16}} {{random.NextInt64():x16}}","invocation":{"module_args":{"_raw_params":"echo hello","_uses_shell":false,"argv":null,"chdir":null,"creates":null,"executable":null,"removes":null,"stdin":null,"stdin_add_newline":true,"strip_empty_ends":true} } }
                    """.Trim());
            }
        }

        return count;
    }

    private static async Task<Job> DrainAsync(InProcess manager, string file, CancellationToken cancellationToken)
    {
        var store = manager.Get<JobStore>();
        var worker = new WorkerIdentity(
            Guid.CreateVersion7(), "bench", "bench", ProcessIdentity.CurrentBoot, ProcessIdentity.Current.Pid, ProcessIdentity.Current.StartTime);
        await store.SubmitAsync([new Job { Id = Guid.CreateVersion7(), Kind = JobKinds.Noop, Queue = "conductor", Touches = [], SubmittedBy = "bench" }], cancellationToken);
        var job = (await store.ClaimAsync(worker, new Dictionary<string, int>(StringComparer.Ordinal) { ["conductor"] = 1 }, cancellationToken))[0];
        job = (await store.ChangeAsync(job.Id, job.Attempt, "bench", (j, at) => j.Run(at), cancellationToken))!;
        var secrets = SecretSet.Build(Enumerable.Range(0, Secrets).Select(i => $"secret-{i}-{i * 7919:x8}"));
        using var pump = new EventPump(job.Id, file, secrets, manager.Get<OutputStore>(), manager.Get<RecordWriter>(), manager.Get<RecordingMetrics>(), manager.Get<EventArrivals>(), TimeProvider.System);
        await pump.ResumeAsync(0, 0, cancellationToken);
        while (await pump.StepAsync(job.Attempt, final: true, cancellationToken) == PumpResult.Moved)
        {
            // Until the spool is empty.
        }

        await pump.CloseAsync(job.Attempt, 0, cancellationToken);
        await store.ChangeAsync(job.Id, job.Attempt, "bench", (j, at) => j.End(JobState.Succeeded, null, at), cancellationToken);
        return job;
    }

    /// <summary>This process and the server on the first core.</summary>
    private static async Task PinAsync(InProcess manager, CancellationToken cancellationToken)
    {
        foreach (var process in ServerCpu.ProcessesOf(manager.Home).Append(Environment.ProcessId))
        {
            await new Command("/usr/bin/taskset") { Arguments = ["-a", "-p", "1", $"{process}"] }.MustAsync(cancellationToken);
        }
    }

    private static TimeSpan OwnCpu()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }
}
