using System.Reflection;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;

namespace Osism.Tests.Contracts;

/// <summary>Names and numbers outsiders rely on. These lists may grow; what is in them never changes.</summary>
public sealed class FrozenNamesTests
{
    [Theory]
    [InlineData(JobState.Queued, 0, "queued", false, ExitCode.Failed)]
    [InlineData(JobState.Starting, 1, "starting", false, ExitCode.Failed)]
    [InlineData(JobState.Running, 2, "running", false, ExitCode.Failed)]
    [InlineData(JobState.Succeeded, 3, "succeeded", true, 0)]
    [InlineData(JobState.Failed, 4, "failed", true, 1)]
    [InlineData(JobState.Unreachable, 5, "unreachable", true, 8)]
    [InlineData(JobState.Cancelled, 6, "cancelled", true, 6)]
    [InlineData(JobState.TimedOut, 7, "timed_out", true, 5)]
    [InlineData(JobState.Lost, 8, "lost", true, 7)]
    [InlineData(JobState.Rejected, 9, "rejected", true, 3)]
    [InlineData(JobState.Disconnected, 10, "disconnected", false, 7)]
    [InlineData(JobState.CancelFailed, 11, "cancel_failed", false, 6)]
    public void A_state_keeps_its_number_its_name_and_its_exit_code(JobState state, int number, string name, bool terminal, int exitCode)
    {
        Assert.Equal((number, name, terminal, exitCode), ((int)state, state.ToWireName(), state.IsTerminal(), state.ToExitCode()));
        Assert.Equal(state, JobStates.FromWireName(name));
        Assert.Equal($"\"{name}\"", System.Text.Json.JsonSerializer.Serialize(state));
    }

    [Fact]
    public void Every_state_is_on_the_list_above() => Assert.Equal(
        Enum.GetValues<JobState>().Length,
        typeof(FrozenNamesTests).GetMethod(nameof(A_state_keeps_its_number_its_name_and_its_exit_code))!.GetCustomAttributes<InlineDataAttribute>().Count());

    [Fact]
    public void Exit_codes_keep_their_meaning() => AssertKept(
        [
            ("Success", 0), ("Failed", 1), ("Usage", 2), ("Locked", 3), ("Vault", 4), ("TimedOut", 5), ("Cancelled", 6), ("Lost", 7), ("Unreachable", 8),
            ("NotFound", 9), ("Configuration", 10), ("Denied", 11), ("Away", 12), ("Internal", 13), ("Detached", 130),
        ],
        Constants<int>(typeof(ExitCode)));

    [Fact]
    public void Routes_and_headers_keep_their_names() => AssertKept(
        [
            ("Jobs", "/v1/jobs"), ("Chain", "/v1/jobs/chain"), ("Explain", "/v1/runs/explain"), ("Roles", "/v1/roles"), ("Workers", "/v1/workers"),
            ("Collections", "/v1/collections"), ("CollectionRuns", "/v1/collections/runs"),
            ("WorkerTokens", "/v1/workers/tokens"), ("Status", "/v1/status"), ("Schedules", "/v1/schedules"), ("Services", "/v1/services"), ("ServicesHealth", "/v1/services/health"), ("ServicesPlan", "/v1/services/plan"), ("ServicesRuns", "/v1/services/runs"), ("ServicesVersions", "/v1/services/versions"), ("Notifications", "/v1/notifications"), ("Prune", "/v1/jobs/prune"), ("Vault", "/v1/vault"), ("VaultPassword", "/v1/vault/password"), ("VaultView", "/v1/vault/view"),
            ("VaultDecrypt", "/v1/vault/decrypt"), ("VaultCheck", "/v1/vault/check"), ("Health", "/healthz"), ("Ready", "/readyz"), ("Metrics", "/metrics"),
            ("OutputLengthHeader", "Osism-Output-Length"), ("OutputCompleteHeader", "Osism-Output-Complete"), ("JobStateHeader", "Osism-Job-State"),
            ("CursorParameter", "next"),
        ],
        Constants<string>(typeof(ApiRoutes)));

    [Fact]
    public void States_of_collections_keep_their_names()
    {
        AssertKept(
            [("Queued", "queued"), ("Running", "running"), ("Succeeded", "succeeded"), ("Failed", "failed"), ("Cancelled", "cancelled")],
            Constants<string>(typeof(CollectionRunStates)));
        AssertKept([("Pending", "pending"), ("Skipped", "skipped")], Constants<string>(typeof(CollectionNodeStates)));
    }

    [Fact]
    public void Routes_of_one_job_keep_their_form()
    {
        var id = new Guid("0198c0de-0000-7000-8000-000000000001");
        Assert.Equal($"/v1/jobs/{id}", ApiRoutes.Job(id));
        Assert.Equal($"/v1/jobs/{id}?wait=7", ApiRoutes.JobEnd(id, 7));
        Assert.Equal($"/v1/jobs?retry_of={id}", ApiRoutes.RetriesOf(id));
        Assert.Equal($"/v1/jobs/{id}/cancel", ApiRoutes.Cancel(id));
        Assert.Equal($"/v1/jobs/{id}/hosts", ApiRoutes.Hosts(id));
        Assert.Equal($"/v1/jobs/{id}/history", ApiRoutes.History(id));
        Assert.Equal($"/v1/jobs/{id}/events", ApiRoutes.Events(id));
        Assert.Equal($"/v1/jobs/{id}/output?offset=3&wait=7", ApiRoutes.Output(id, 3, 7));
    }

    [Fact]
    public void Error_codes_keep_their_status_and_exit_code() => AssertKept(
        [
            "role.unknown 404 9", "environment.missing 404 9", "runtime.missing 404 9", "file.missing 404 9", "repository.missing 404 9",
            "repository.unreadable 422 10", "yaml.broken 422 10", "configuration.broken 422 10", "lock.held 409 3", "vault.sealed 409 4",
            "vault.wrong_password 409 4", "vault.broken 422 10", "job.not_found 404 9", "job.wrong_state 409 1", "record.not_found 404 9", "parent.failed 409 6",
            "job.cancelled 409 6", "job.timed_out 409 5", "job.lost 409 7", "job.disconnected 409 7", "job.cancel_failed 409 6", "run.failed 409 1",
            "run.unreachable 409 8", "run.start_failed 500 1", "schedule.unknown 404 9", "receiver.unknown 404 9", "receiver.failed 502 1", "schedule.unavailable 409 1", "request.invalid 400 2", "access.denied 403 11", "manager.away 503 12",
            "database.away 503 12", "database.version 503 12", "database.missing 503 12", "database.schema 503 12", "database.failed 503 12",
            "database.folder 503 12", "database.disk_full 503 12", "spool.disk_full 507 1", "settings.invalid 500 2", "manager.running 409 1",
            "command.not_yet 501 2", "wait.timed_out 408 5", "internal.error 500 13",
        ],
        ErrorCodes.All.Values.Select(code => $"{code.Code} {code.Status} {code.ExitCode}"));

    [Fact]
    public void Every_error_code_is_in_the_table_of_all_and_of_the_form_noun_reason()
    {
        var fields = typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<ErrorCode>().ToList();

        Assert.Equal(fields.Select(code => code.Code).Order(StringComparer.Ordinal), ErrorCodes.All.Keys.Order(StringComparer.Ordinal));
        Assert.All(fields, code => Assert.Matches("^[a-z]+\\.[a-z_]+$", code.Code));
    }

    private static IEnumerable<(string Name, T Value)> Constants<T>(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral && field.FieldType == typeof(T))
        .Select(field => (field.Name, (T)field.GetRawConstantValue()!));

    private static void AssertKept<T>(IEnumerable<T> frozen, IEnumerable<T> now) => Assert.Empty(frozen.Except(now));
}
