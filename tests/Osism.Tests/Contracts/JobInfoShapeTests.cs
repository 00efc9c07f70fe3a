using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Tests.Contracts;

/// <summary>A job on the wire. Scripts read these names.</summary>
public sealed class JobInfoShapeTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void Every_field_of_a_job_has_its_name_and_form()
    {
        const string Golden = """
            {"id":"0198c0de-0000-7000-8000-000000000001","seq":7,"state":"timed_out","reason":{"code":"job.timed_out","message":"too long"},
            "kind":"ansible","role":"nova","environment":"kolla","sub":"east","action":"deploy","runtime":"kolla-ansible","queue":"kolla-ansible",
            "arguments":["-l","node 1"],"submitted_by":"ada","submitted_at":"2026-05-04T03:02:01+00:00","started_at":"2026-05-04T03:02:02+00:00",
            "ended_at":"2026-05-04T03:02:03+00:00","worker":"one","attempt":2,"exit_code":99,"position":3,
            "waiting_for":[{"kind":"lock","key":"kolla/nova","holder":"grace","since":"2026-05-04T03:02:01+00:00"}],
            "hosts":{"ok":1,"changed":2,"failed":3,"unreachable":4,"skipped":5},"inventory_revision":8,
            "configuration":{"commit":"abc","dirty":true,"hash":"def"},"output_at":"2026-05-04T03:02:03+00:00","output_bytes":9,"output_sha256":"aa","spool_sha256":"bb",
            "after":"0198c0de-0000-7000-8000-000000000002","parents":["0198c0de-0000-7000-8000-000000000002"],"retry_of":"0198c0de-0000-7000-8000-000000000003","rerun_of":"0198c0de-0000-7000-8000-000000000005","retries_left":1,
            "collection":"0198c0de-0000-7000-8000-000000000004","collection_name":"nutshell","node":"nova","task_timeout":60,"dry_run":true,"cancelled_by":"grace",
            "cancel_requested_at":"2026-05-04T03:02:01+00:00","warnings":[{"code":"no_hosts","message":"none"}]}
            """;
        var job = new JobInfo
        {
            Id = Id(1),
            Seq = 7,
            State = JobState.TimedOut,
            Reason = new ReasonInfo("job.timed_out", "too long"),
            Kind = "ansible",
            Role = "nova",
            Environment = "kolla",
            Sub = "east",
            Action = "deploy",
            Runtime = "kolla-ansible",
            Queue = "kolla-ansible",
            Arguments = ["-l", "node 1"],
            SubmittedBy = "ada",
            SubmittedAt = At,
            StartedAt = At.AddSeconds(1),
            EndedAt = At.AddSeconds(2),
            Worker = "one",
            Attempt = 2,
            ExitCode = 99,
            Position = 3,
            WaitingFor = [new WaitingInfo("lock", "kolla/nova", "grace", At)],
            Hosts = new HostCounts(1, 2, 3, 4, 5),
            InventoryRevision = 8,
            Configuration = new ConfigurationInfo("abc", true, "def"),
            OutputBytes = 9,
            OutputSha256 = "aa",
            SpoolSha256 = "bb",
            After = Id(2),
            Parents = [Id(2)],
            RetryOf = Id(3),
            RerunOf = Id(5),
            OutputAt = At.AddSeconds(2),
            RetriesLeft = 1,
            Collection = Id(4),
            CollectionName = "nutshell",
            Node = "nova",
            TaskTimeout = 60,
            DryRun = true,
            CancelledBy = "grace",
            CancelRequestedAt = At,
            Warnings = [new ReasonInfo("no_hosts", "none")],
        };

        Assert.Equal(Golden.ReplaceLineEndings(""), JsonSerializer.Serialize(job, OsismJson.Default.JobInfo));
    }

    [Fact]
    public void What_a_job_has_not_is_null_or_an_empty_list_and_never_missing()
    {
        const string Golden = """
            {"id":"0198c0de-0000-7000-8000-000000000001","seq":1,"state":"queued","reason":null,"kind":"noop","role":null,"environment":null,
            "sub":null,"action":null,"runtime":null,"queue":"conductor","arguments":[],"submitted_by":"ada",
            "submitted_at":"2026-05-04T03:02:01+00:00","started_at":null,"ended_at":null,"worker":null,"attempt":0,"exit_code":null,"position":null,
            "waiting_for":[],"hosts":null,"inventory_revision":null,"configuration":null,"output_at":null,"output_bytes":0,"output_sha256":null,"spool_sha256":null,
            "after":null,"parents":[],"retry_of":null,"rerun_of":null,"retries_left":0,"collection":null,"collection_name":null,"node":null,"task_timeout":null,"dry_run":false,"cancelled_by":null,
            "cancel_requested_at":null,"warnings":[]}
            """;
        var job = new JobInfo
        {
            Id = Id(1),
            Seq = 1,
            State = JobState.Queued,
            Kind = "noop",
            Queue = "conductor",
            Arguments = [],
            SubmittedBy = "ada",
            SubmittedAt = At,
            Attempt = 0,
        };

        Assert.Equal(Golden.ReplaceLineEndings(""), JsonSerializer.Serialize(job, OsismJson.Default.JobInfo));
    }

    [Fact]
    public void A_submission_is_read_from_the_names_of_the_interface()
    {
        var read = JsonSerializer.Deserialize(
            """
            {"role":"nova","kind":"ansible","environment":"kolla","overwrite":"o","sub":"s","action":"pull","arguments":["-v"],
            "after":"0198c0de-0000-7000-8000-000000000002","retry":3,"task_timeout":60,"dry_run":true,"queue":"q"}
            """,
            OsismJson.Default.SubmitJob)!;

        Assert.Equal(("nova", "ansible", "kolla", "o", "s", "pull"), (read.Role, read.Kind, read.Environment, read.Overwrite, read.Sub, read.Action));
        Assert.Equal((Id(2), 3, 60, true, "q"), (read.After, read.Retry, read.TaskTimeout, read.DryRun, read.Queue));
        Assert.Equal(["-v"], read.Arguments);
        Assert.Empty(JsonSerializer.Deserialize("""{"role":"nova","arguments":null}""", OsismJson.Default.SubmitJob)!.Arguments);
    }

    [Fact]
    public void A_problem_is_a_problem_of_rfc_9457_with_a_code() => Assert.Equal(
        """
        {"status":404,"code":"role.unknown","detail":"there is no role nov","type":"urn:osism:error:role.unknown","title":"No playbook has this name in the environment","nearest":["nova"]}
        """,
        JsonSerializer.Serialize(new ProblemInfo(404, "role.unknown", "there is no role nov") { Nearest = ["nova"] }, OsismJson.Default.ProblemInfo));

    private static Guid Id(int number) => new($"0198c0de-0000-7000-8000-{number:000000000000}");
}
