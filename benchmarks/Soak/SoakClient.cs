using System.Net;
using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Benchmarks.Soak;

/// <summary>Calls of the API that go on until the manager has answered, however often it dies meanwhile.</summary>
internal sealed class SoakClient(DaemonProcess daemon)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Submits once, whatever becomes of the answers.</summary>
    public async Task<Guid> SubmitAsync(SubmitJob job, CancellationToken cancellationToken)
    {
        var key = $"{Guid.CreateVersion7()}";
        return (await UntilAnsweredAsync(
            async token =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(ApiRoutes.Jobs, UriKind.Relative))
                {
                    Content = JsonContent.Create(job, OsismJson.Default.SubmitJob),
                };
                request.Headers.Add(ApiRoutes.IdempotencyKeyHeader, key);
                return await daemon.Http.SendAsync(request, token);
            },
            OsismJson.Default.JobInfo,
            cancellationToken))!.Id;
    }

    public async Task<JobInfo> JobAsync(Guid job, CancellationToken cancellationToken) =>
        (await UntilAnsweredAsync(
            token => daemon.Http.GetAsync(new Uri(ApiRoutes.Job(job), UriKind.Relative), token), OsismJson.Default.JobInfo, cancellationToken))!;

    /// <summary>Wishes an end. One that came too late is refused, which is as good.</summary>
    public Task CancelAsync(Guid job, CancellationToken cancellationToken) =>
        UntilAnsweredAsync(token => daemon.Http.PostAsync(new Uri(ApiRoutes.Cancel(job), UriKind.Relative), null, token), OsismJson.Default.JobInfo, cancellationToken);

    /// <summary>All that is stored.</summary>
    public async Task<byte[]> OutputAsync(Guid job, CancellationToken cancellationToken)
    {
        var output = new List<byte>();
        while (true)
        {
            // An answer holds a part of it.
            var part = await daemon.Http.GetByteArrayAsync(new Uri(ApiRoutes.Output(job, output.Count, 0), UriKind.Relative), cancellationToken);
            if (part.Length == 0)
            {
                return [.. output];
            }

            output.AddRange(part);
        }
    }

    private static async Task<T?> UntilAnsweredAsync<T>(
        Func<CancellationToken, Task<HttpResponseMessage>> call, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        for (var since = TimeProvider.System.GetTimestamp(); ; await Task.Delay(Pause, cancellationToken))
        {
            try
            {
                using var answer = await call(cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return await answer.Content.ReadFromJsonAsync(type, cancellationToken);
                }

                if (answer.StatusCode == HttpStatusCode.Conflict)
                {
                    return null;
                }

                if (answer.StatusCode < HttpStatusCode.InternalServerError)
                {
                    throw new InvalidOperationException($"the manager refuses: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException && TimeProvider.System.GetElapsedTime(since) < Patience)
            {
                // It is dead just now.
            }

            if (TimeProvider.System.GetElapsedTime(since) > Patience)
            {
                throw new TimeoutException($"the manager has not answered for {Patience.TotalMinutes:0} minutes");
            }
        }
    }
}
