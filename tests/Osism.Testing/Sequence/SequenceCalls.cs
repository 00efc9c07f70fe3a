using System.Diagnostics;

namespace Osism.Testing.Sequence;

/// <summary>Steps of the sequence as a person makes them: calls of <c>osism</c>, one after the other.</summary>
public static class SequenceCalls
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Makes the call of one step, and waits for it unless the step is one nobody waits for.</summary>
    /// <returns>Null for a step that is done outside.</returns>
    /// <exception cref="TimeoutException">It did not end within a quarter of an hour.</exception>
    public static async Task<SequenceCall?> MakeAsync(SequenceSite site, SequenceStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(step);
        if (step.Outside is not null)
        {
            return null;
        }

        var command = step switch
        {
            { Host: { } program } => new Command(site.Pod.PathOf(program)) { Arguments = [site.Volumes, site.Pod.PathOf("inventory", "host_vars")] },
            { Role: null } => site.Cli.Command([.. step.Command]),
            _ => site.Cli.Command([.. Words(step)]),
        };
        var began = Stopwatch.GetTimestamp();
        var result = await (command with { Timeout = Longest }).RunAsync(cancellationToken);
        return new SequenceCall(step, result, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Waits until nothing runs or waits any more.</summary>
    public static Task<CommandResult> WaitAsync(SequenceSite site, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(site);
        return (site.Cli.Command("wait", "--format", "script") with { Timeout = Longest }).RunAsync(cancellationToken);
    }

    private static List<string> Words(SequenceStep step)
    {
        List<string> words = ["apply", "--format", "script", "-r", $"{step.Retry}"];
        if (step.Environment is { } environment)
        {
            words.AddRange(["-e", environment]);
        }

        if (step.Background)
        {
            words.Add("--no-wait");
        }

        return [.. words, step.Role!, .. step.Arguments];
    }
}

/// <summary>A call that was made.</summary>
/// <param name="Step">What for.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Wall">From before it was started until it had ended.</param>
public sealed record SequenceCall(SequenceStep Step, CommandResult Result, TimeSpan Wall)
{
    /// <summary>The jobs it submitted; <c>--format script</c> tells them on stdout when nobody waits, else on stderr.</summary>
    public IReadOnlyList<Guid> Jobs =>
        [.. (Step.Background ? Result.Text : Result.Errors).Split('\n').Select(line => Guid.TryParse(line.Trim(), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];

    /// <summary>What it was and how it ended, with the end of what it said; for messages.</summary>
    public string Describe()
    {
        var said = Result.Text + Result.Errors;
        return $"{Step.Role ?? Step.Host ?? string.Join(' ', Step.Command)} ended with {Result.ExitCode}: {said[Math.Max(0, said.Length - 2000)..]}";
    }
}
