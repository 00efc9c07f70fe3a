using System.Globalization;
using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Tests.Cli;

/// <summary>Jobs of a manager as far as the CLI sees them: their output grows and they end when the test says so.</summary>
internal sealed class FakeJobs
{
    private readonly Lock _lock = new();
    private readonly List<FakeJob> _jobs = [];
    private TaskCompletionSource _changed = new();

    /// <summary>Bodies of <c>POST /v1/jobs</c> and <c>/chain</c> as they came.</summary>
    public List<string> Submissions { get; } = [];

    /// <summary>Called for each submitted job, in order.</summary>
    public Action<FakeJob> OnSubmit { get; set; } = _ => { };

    /// <summary>Called when the end of a job is asked for. Default: it ends as cancelled.</summary>
    public Action<FakeJob> OnCancel { get; set; } = job => job.End(JobState.Cancelled);

    public FakeJob Add(JobState state = JobState.Running, Func<JobInfo, JobInfo>? with = null)
    {
        lock (_lock)
        {
            var number = _jobs.Count + 1;
            var info = new JobInfo
            {
                Id = Guid.Parse($"0198aaaa-0000-7000-8000-{number:000000000000}"),
                Seq = number,
                State = state,
                Kind = "ansible",
                Role = "facts",
                Environment = "generic",
                Runtime = "osism-ansible",
                Queue = "osism-ansible",
                Arguments = [],
                SubmittedBy = "root",
                SubmittedAt = DateTimeOffset.UnixEpoch,
                StartedAt = DateTimeOffset.UnixEpoch,
                Attempt = 1,
            };
            var job = new FakeJob(with?.Invoke(info) ?? info, Change);
            _jobs.Add(job);
            return job;
        }
    }

    public async Task<FakeAnswer> AnswerAsync(FakeRequest request, CancellationToken cancellationToken)
    {
        var parts = request.Path.Split('?');
        var query = parts.Length < 2 ? [] : parts[1].Split('&').ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=')[1], StringComparer.Ordinal);
        var path = parts[0];
        if (request.Method == "POST" && path is ApiRoutes.Jobs or ApiRoutes.Chain && request.Method == "POST")
            return Submit(request.Body, path == ApiRoutes.Chain);
        if (path == ApiRoutes.Jobs)
            return List(query.GetValueOrDefault("retry_of"));

        var words = path[(ApiRoutes.Jobs.Length + 1)..].Split('/');
        var job = Find(words[0]);
        if (job is null)
            return Problem(new ProblemInfo(404, "job.not_found", $"there is no job {words[0]}"));
        switch (words.Length > 1 ? words[1] : "")
        {
            case "output":
                return await OutputAsync(job, query, cancellationToken);
            case "history":
                return FakeAnswer.Json(200, """{"items":[{"at":"2026-01-02T03:04:05+00:00","event":"submitted","actor":"root","detail":null}],"next":null}""");
            case "hosts":
                return FakeAnswer.Json(200, """{"items":[{"host":"node1","status":"ok","ok":3,"changed":1,"failed":0,"unreachable":0,"skipped":2,"rescued":0,"ignored":0}],"next":null}""");
            case "cancel" when job.Info.State.IsTerminal():
                return Problem(new ProblemInfo(409, "job.wrong_state", "it has ended"));
            case "cancel":
                OnCancel(job);
                return FakeAnswer.Json(202, Json(job));
            default:
                await UntilAsync(() => job.Info.State.IsTerminal(), query, cancellationToken);
                return FakeAnswer.Json(200, Json(job));
        }
    }

    /// <summary>The job that was made as the nth, from 1.</summary>
    public FakeJob Get(int number)
    {
        lock (_lock)
            return _jobs[number - 1];
    }

    public static FakeAnswer Problem(ProblemInfo problem) =>
        FakeAnswer.Json(problem.Status, JsonSerializer.Serialize(problem, OsismJson.Default.ProblemInfo));

    private static string Json(FakeJob job) => JsonSerializer.Serialize(job.Info, OsismJson.Default.JobInfo);

    private FakeAnswer Submit(string body, bool chain)
    {
        Submissions.Add(body);
        var count = chain ? JsonSerializer.Deserialize(body, OsismJson.Default.SubmitChain)!.Jobs.Count : 1;
        var jobs = Enumerable.Range(0, count).Select(_ => Add()).ToList();
        jobs.ForEach(job => OnSubmit(job));
        return FakeAnswer.Json(201, chain ? $$"""{"items":[{{string.Join(',', jobs.Select(Json))}}],"next":null}""" : Json(jobs[0]));
    }

    private FakeAnswer List(string? retryOf)
    {
        lock (_lock)
        {
            var jobs = _jobs.Where(job => retryOf is null || job.Info.RetryOf?.ToString() == retryOf).Reverse();
            return FakeAnswer.Json(200, $$"""{"items":[{{string.Join(',', jobs.Select(Json))}}],"next":null}""");
        }
    }

    private async Task<FakeAnswer> OutputAsync(FakeJob job, Dictionary<string, string> query, CancellationToken cancellationToken)
    {
        var offset = int.Parse(query["offset"], CultureInfo.InvariantCulture);
        await UntilAsync(() => job.Output.Length > offset || job.Complete, query, cancellationToken);
        lock (_lock)
        {
            return FakeAnswer.Bytes(
                200, job.Output[Math.Min(offset, job.Output.Length)..],
                $"{ApiRoutes.OutputLengthHeader}: {job.Output.Length}",
                $"{ApiRoutes.OutputCompleteHeader}: {(job.Complete ? "true" : "false")}",
                $"{ApiRoutes.JobStateHeader}: {job.Info.State.ToWireName()}");
        }
    }

    private async Task UntilAsync(Func<bool> condition, Dictionary<string, string> query, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(int.Parse(query.GetValueOrDefault("wait", "0"), CultureInfo.InvariantCulture)));
        while (true)
        {
            var changed = _changed.Task;
            if (condition() || limit.IsCancellationRequested)
                break;
            await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, limit.Token));
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private FakeJob? Find(string id)
    {
        lock (_lock)
            return _jobs.Find(job => job.Info.Id.ToString() == id);
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.TrySetResult();
    }
}

/// <summary>One of <see cref="FakeJobs"/>.</summary>
internal sealed class FakeJob(JobInfo info, Action<Action> change)
{
    public JobInfo Info { get; private set; } = info;

    public Guid Id => Info.Id;

    public byte[] Output { get; private set; } = [];

    public bool Complete { get; private set; }

    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    public void Write(byte[] bytes) => change(() => Output = [.. Output, .. bytes]);

    public void Become(Func<JobInfo, JobInfo> with) => change(() => Info = with(Info));

    /// <summary>The output is complete and the job has ended.</summary>
    public void End(JobState state, Func<JobInfo, JobInfo>? with = null) => change(() =>
    {
        Complete = true;
        Info = Info with { State = state, EndedAt = DateTimeOffset.UnixEpoch.AddSeconds(12.3) };
        Info = with?.Invoke(Info) ?? Info;
    });
}
