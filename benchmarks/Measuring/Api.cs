using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Benchmarks.Measuring;

/// <summary>The few calls of the API that measurements need, over one warm connection.</summary>
internal static class Api
{
    private const int Patience = 60;

    public static async Task<Guid> SubmitAsync(this DaemonProcess daemon, string role, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new SubmitJob { Role = role, Arguments = arguments }, OsismJson.Default.SubmitJob);
        using var answer = await daemon.Http.PostAsync(new Uri(ApiRoutes.Jobs, UriKind.Relative), content, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(OsismJson.Default.JobInfo, cancellationToken))!.Id;
    }

    /// <exception cref="InvalidOperationException">It did not succeed.</exception>
    public static async Task<JobInfo> AwaitAsync(this DaemonProcess daemon, Guid job, CancellationToken cancellationToken)
    {
        while (true)
        {
            var info = (await daemon.Http.GetFromJsonAsync(
                new Uri(ApiRoutes.JobEnd(job, Patience), UriKind.Relative), OsismJson.Default.JobInfo, cancellationToken))!;
            if (info.State == JobState.Succeeded)
            {
                return info;
            }

            if (info.EndedAt is not null)
            {
                throw new InvalidOperationException($"job {job} is {info.State}: {info.Reason?.Message}\n{daemon.Log}");
            }
        }
    }

    public static Task<byte[]> OutputAsync(this DaemonProcess daemon, Guid job, CancellationToken cancellationToken) =>
        daemon.Http.GetByteArrayAsync(new Uri(ApiRoutes.Output(job, 0, 0), UriKind.Relative), cancellationToken);
}
