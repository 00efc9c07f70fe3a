using System.Diagnostics;

namespace Osism.Benchmarks.Measuring;

/// <summary>A program run to its end, its output thrown away.</summary>
/// <param name="Wall">From before the fork until it was waited for.</param>
/// <param name="Cpu">User and system time, its children's included.</param>
internal sealed record Measured(TimeSpan Wall, TimeSpan Cpu)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(120);

    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static async Task<Measured> RunAsync(Osism.Testing.Command command, CancellationToken cancellationToken)
    {
        var cpu = ChildUsage.Now;
        var began = Stopwatch.GetTimestamp();
        await (command with { Timeout = Longest }).MustAsync(cancellationToken);
        return new Measured(Stopwatch.GetElapsedTime(began), ChildUsage.Now - cpu);
    }
}
