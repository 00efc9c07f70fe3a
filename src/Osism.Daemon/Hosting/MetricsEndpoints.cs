using System.Globalization;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Inventory;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Retention;
using Osism.Daemon.Recording.Ingest;
using Osism.Daemon.Schedules;

namespace Osism.Daemon.Hosting;

/// <summary><c>/metrics</c> in the Prometheus text format (exposition format 0.0.4).</summary>
internal static class MetricsEndpoints
{
    public static void MapMetrics(this IEndpointRouteBuilder app) =>
        app.MapGet(ApiRoutes.Metrics, WriteAsync).WithTags("metrics").WithSummary("Metrics for Prometheus").Produces<string>(contentType: "text/plain");

    private static async Task WriteAsync(
        HttpContext context, JobQueries jobs, WorkerRegistry workers, JobMetrics metrics, IServiceProvider services, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        Header(text, "osism_jobs", "gauge", "Jobs that have not ended.");
        foreach (var (queue, state, count) in await jobs.CountLiveAsync(cancellationToken))
        {
            Sample(text, "osism_jobs", $"queue=\"{Escape(queue)}\",state=\"{state.ToWireName()}\"", count);
        }

        Header(text, "osism_worker_slots", "gauge", "Slots of this process by use.");
        if (services.GetService<Worker>() is { } worker)
        {
            var name = services.GetRequiredService<WorkerIdentity>().Name;
            foreach (var queue in services.GetRequiredService<WorkerQueues>().Names)
            {
                var busy = worker.Busy.GetValueOrDefault(queue);
                Sample(text, "osism_worker_slots", $"worker=\"{Escape(name)}\",queue=\"{Escape(queue)}\",state=\"busy\"", busy);
                Sample(text, "osism_worker_slots", $"worker=\"{Escape(name)}\",queue=\"{Escape(queue)}\",state=\"free\"", Math.Max(0, worker.Slots - busy));
            }
        }

        Header(text, "osism_workers", "gauge", "Worker processes by state.");
        foreach (var group in (await workers.ListAsync(cancellationToken)).GroupBy(info => info.State, StringComparer.Ordinal))
        {
            Sample(text, "osism_workers", $"state=\"{group.Key}\"", group.Count());
        }

        Header(text, "osism_stale_epoch_total", "counter", "Writes refused because another attempt holds the job.");
        Sample(text, "osism_stale_epoch_total", null, metrics.StaleEpochs);
        Header(text, "osism_lease_expired_total", "counter", "Jobs whose worker's lease ran out.");
        Sample(text, "osism_lease_expired_total", null, metrics.LeasesExpired);
        Histogram(text, "osism_job_wait_seconds", "Time from submission to the start.", metrics.Wait);
        Histogram(text, "osism_job_duration_seconds", "Time from the start to the end.", metrics.Duration);
        var inventory = services.GetRequiredService<InventorySnapshots>();
        Header(text, "osism_reconcile_duration_seconds", "histogram", "Time from a look at changed sources to the revision.");
        Sample(text, "osism_reconcile_duration_seconds_bucket", "le=\"+Inf\"", inventory.Runs);
        text.Append(CultureInfo.InvariantCulture, $"osism_reconcile_duration_seconds_sum {inventory.TimeSpent.TotalSeconds}\n");
        Sample(text, "osism_reconcile_duration_seconds_count", null, inventory.Runs);
        if (inventory.InEffect is { } revision)
        {
            Header(text, "osism_inventory_revision", "gauge", "The revision of the inventory in effect.");
            Sample(text, "osism_inventory_revision", null, revision);
        }

        var recording = services.GetRequiredService<RecordingMetrics>();
        Header(text, "osism_events_ingested_total", "counter", "Lines of events this process stored, by whether they could be read.");
        Sample(text, "osism_events_ingested_total", "readable=\"yes\"", recording.Events.All - recording.Events.Unreadable);
        Sample(text, "osism_events_ingested_total", "readable=\"no\"", recording.Events.Unreadable);
        Header(text, "osism_ingest_backlog_bytes", "gauge", "Bytes of events in the spools of this process that are not stored yet.");
        Sample(text, "osism_ingest_backlog_bytes", null, recording.BacklogBytes);
        Header(text, "osism_event_lag_seconds", "gauge", "Time between the writing and the storing of the last event.");
        text.Append(CultureInfo.InvariantCulture, $"osism_event_lag_seconds {recording.LagSeconds}\n");
        Header(text, "osism_schedule_occurrences_total", "counter", "Occurrences of schedules this process decided, by outcome.");
        foreach (var (outcome, count) in services.GetRequiredService<ScheduleMetrics>().Occurrences)
        {
            Sample(text, "osism_schedule_occurrences_total", $"outcome=\"{outcome}\"", count);
        }

        Header(text, "osism_retention_jobs_total", "counter", "Ended jobs this process deleted.");
        Sample(text, "osism_retention_jobs_total", null, services.GetRequiredService<RetentionMetrics>().Jobs);
        Header(text, "osism_retention_bytes_total", "counter", "Bytes of output this process deleted, before compression.");
        Sample(text, "osism_retention_bytes_total", null, services.GetRequiredService<RetentionMetrics>().Bytes);
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(text.ToString(), cancellationToken);
    }

    private static void Histogram(StringBuilder text, string name, string help, JobMetrics.Histogram histogram)
    {
        Header(text, name, "histogram", help);
        var (buckets, sum) = histogram.Read();
        foreach (var (bound, count) in buckets)
        {
            Sample(text, $"{name}_bucket", $"le=\"{(bound is { } b ? b.ToString(CultureInfo.InvariantCulture) : "+Inf")}\"", count);
        }

        text.Append(name).Append("_sum ").Append(sum.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Sample(text, $"{name}_count", null, buckets[^1].Count);
    }

    private static void Header(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Sample(StringBuilder text, string name, string? labels, long value)
    {
        text.Append(name);
        if (labels is not null)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
