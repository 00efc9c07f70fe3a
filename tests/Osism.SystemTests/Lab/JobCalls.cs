using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>What tests ask a manager about its jobs.</summary>
internal static class JobCalls
{
    private static readonly TimeSpan EndsWithin = 2 * Bounds.Long;

    /// <summary><c>osism apply --no-wait</c>: the ids in the order of the chain.</summary>
    public static async Task<IReadOnlyList<Guid>> SubmitChainAsync(this Daemon daemon, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await daemon.Cli.MustAsync(cancellationToken, ["apply", "--no-wait", "--format", "script", .. arguments]);
        return [.. result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse)];
    }

    /// <summary>The same for one job.</summary>
    public static async Task<Guid> SubmitAsync(this Daemon daemon, CancellationToken cancellationToken, params string[] arguments) =>
        Assert.Single(await daemon.SubmitChainAsync(cancellationToken, arguments));

    public static Task<JobInfo> JobAsync(this Daemon daemon, Guid id, CancellationToken cancellationToken) =>
        daemon.GetAsync(ApiRoutes.Job(id), OsismJson.Default.JobInfo, cancellationToken);

    /// <summary>The job once it has ended; the manager and its database may be away meanwhile.</summary>
    /// <exception cref="TimeoutException">It did not end in time; says where it stands, and holds the end of the manager's log.</exception>
    public static Task<JobInfo> EndAsync(this Daemon daemon, Guid id, CancellationToken cancellationToken) =>
        daemon.InStateAsync(id, "ends", state => state.IsTerminal(), EndsWithin, cancellationToken);

    /// <summary>The job once it is in a state.</summary>
    public static Task<JobInfo> InStateAsync(this Daemon daemon, Guid id, JobState wanted, CancellationToken cancellationToken) =>
        daemon.InStateAsync(id, $"is {wanted.ToWireName()}", state => state == wanted, EndsWithin, cancellationToken);

    /// <summary>Every stored byte of output.</summary>
    public static async Task<byte[]> OutputAsync(this Daemon daemon, Guid id, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        while (true)
        {
            using var answer = await daemon.Http.GetAsync(new Uri(ApiRoutes.Output(id, whole.Length, 0), UriKind.Relative), cancellationToken);
            answer.EnsureSuccessStatusCode();
            var piece = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            if (piece.Length == 0)
            {
                return whole.ToArray();
            }

            whole.Write(piece);
        }
    }

    /// <summary>Names of the steps of a job's life.</summary>
    public static async Task<IReadOnlyList<string>> HistoryAsync(this Daemon daemon, Guid id, CancellationToken cancellationToken)
    {
        var page = await daemon.GetAsync(ApiRoutes.History(id), OsismJson.Default.PageJobHistoryInfo, cancellationToken);
        return [.. page.Items.Select(step => step.Event)];
    }

    public static async Task<T> GetAsync<T>(this Daemon daemon, string route, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        (await daemon.Http.GetFromJsonAsync(new Uri(route, UriKind.Relative), type, cancellationToken))!;

    private static async Task<JobInfo> InStateAsync(
        this Daemon daemon, Guid id, string what, Predicate<JobState> wanted, TimeSpan within, CancellationToken cancellationToken)
    {
        JobInfo? last = null;
        try
        {
            return await Eventually.SomeAsync($"job {id} {what}", async token =>
            {
                last = await daemon.LookAsync(id, token) ?? last;
                return last is not null && wanted(last.State) ? last : null;
            }, within, cancellationToken);
        }
        catch (TimeoutException e)
        {
            var log = daemon.Log;
            throw new TimeoutException($"{e.Message}\nit is {last?.State.ToWireName() ?? "unknown"}: {last?.Reason?.Message}\n{log[Math.Max(0, log.Length - 6000)..]}", e);
        }
    }

    /// <returns>Null while the manager or its database is away.</returns>
    private static async Task<JobInfo?> LookAsync(this Daemon daemon, Guid id, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await daemon.Http.GetAsync(new Uri(ApiRoutes.Job(id), UriKind.Relative), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK
                ? await answer.Content.ReadFromJsonAsync(OsismJson.Default.JobInfo, cancellationToken)
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return null;
        }
    }
}
