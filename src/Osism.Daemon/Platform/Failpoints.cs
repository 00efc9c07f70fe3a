using Microsoft.Extensions.Options;

namespace Osism.Daemon.Platform;

/// <summary>Named places where a test can hold this process to kill it, or something it needs, in a known phase. Off unless <c>test.failpoints</c> names a folder.</summary>
/// <remarks>A file <c>NAME</c> in the folder arms the point, <c>NAME@SUBJECT</c> for one subject only, such as the jobs of a role. Who reaches it writes
/// <c>NAME.hit</c> beside it and waits until the file is gone.</remarks>
internal sealed class Failpoints(IOptions<TestOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly string? _folder = options.Value.Failpoints;

    /// <param name="name">The point.</param>
    /// <param name="subject">What is done there; null where nobody would tell one from another.</param>
    /// <param name="cancellationToken">Goes on at once.</param>
    public ValueTask ReachAsync(string name, string? subject, CancellationToken cancellationToken) =>
        _folder is null ? ValueTask.CompletedTask : HoldAsync(_folder, name, subject, cancellationToken);

    private async ValueTask HoldAsync(string folder, string name, string? subject, CancellationToken cancellationToken)
    {
        await HoldAsync(Path.Combine(folder, name), cancellationToken);
        if (subject is not null)
        {
            await HoldAsync(Path.Combine(folder, $"{name}@{subject}"), cancellationToken);
        }
    }

    private async ValueTask HoldAsync(string armed, CancellationToken cancellationToken)
    {
        if (!File.Exists(armed))
        {
            return;
        }

        await File.WriteAllTextAsync($"{armed}.hit", "", cancellationToken);
        var since = time.GetTimestamp();
        while (File.Exists(armed) && time.GetElapsedTime(since) < Longest)
        {
            await Task.Delay(Step, time, cancellationToken);
        }
    }
}

/// <summary>Switches for tests only. Section <c>test</c>.</summary>
internal sealed class TestOptions
{
    public const string Section = "test";

    /// <summary>Folder of <see cref="Failpoints"/>. Default none.</summary>
    public string? Failpoints { get; set; }
}
