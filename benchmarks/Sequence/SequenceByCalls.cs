using System.Diagnostics;
using System.Net.Http.Json;
using Osism.Benchmarks.Measuring;
using Osism.Contracts;
using Osism.Testing.Sequence;

namespace Osism.Benchmarks.Sequence;

/// <summary>The sequence as calls of osism.</summary>
internal sealed class SequenceByCalls(SequenceSite site, Report report)
{
    private TimeSpan _beyond;

    /// <summary>Of the calls that were waited for: how long they took beyond the runs of their jobs.</summary>
    public TimeSpan Beyond => _beyond;

    /// <param name="plan">What is done.</param>
    /// <param name="failing">Name in the journal of a role that fails; when it has, the failure is taken away and the sequence goes on with that step. Null: none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">A step failed that was not meant to.</exception>
    public async Task<IReadOnlyList<SequenceRow>> RunAsync(SequencePlan plan, string? failing, CancellationToken cancellationToken)
    {
        var rows = new List<SequenceRow>();
        foreach (var phase in plan.Phases)
        {
            report.Say($"{phase.Phase} ...");
            var (began, failures) = (Stopwatch.GetTimestamp(), 0);
            foreach (var step in phase.Steps)
            {
                var call = await SequenceCalls.MakeAsync(site, step, cancellationToken);
                if (call is { Result.ExitCode: not 0 } && step.Lines.Any(mark => mark.Line.Split(' ')[0] == failing))
                {
                    failures++;
                    await site.LetPassAsync(failing!, cancellationToken);
                    call = await SequenceCalls.MakeAsync(site, step, cancellationToken);
                }

                // As the scripts of the testbed: the first that fails ends it.
                if (call is { Result.ExitCode: not 0 })
                {
                    throw new InvalidOperationException(call.Describe());
                }

                if (call is not null)
                {
                    report.Say($"  {call.Wall.TotalSeconds,6:0.0} s  {step.Role ?? step.Host ?? string.Join(' ', step.Command)}");
                    await CountAsync(call, cancellationToken);
                }
            }

            rows.Add(new SequenceRow(
                phase.Phase, phase.Optional, phase.Steps.Count(step => step.Role is not null), phase.Steps.Sum(step => step.Pulls.Count), Stopwatch.GetElapsedTime(began), failures));
        }

        var rest = Stopwatch.GetTimestamp();
        var wait = await SequenceCalls.WaitAsync(site, cancellationToken);
        if (wait.ExitCode != 0)
        {
            throw new InvalidOperationException($"osism wait ended with {wait.ExitCode}: {wait.Text}{wait.Errors}");
        }

        rows.Add(new SequenceRow("what nobody waited for", Optional: false, 0, 0, Stopwatch.GetElapsedTime(rest), 0));
        return rows;
    }

    private async Task CountAsync(SequenceCall call, CancellationToken cancellationToken)
    {
        if (call.Step.Background)
        {
            return;
        }

        var runs = TimeSpan.Zero;
        foreach (var id in call.Jobs)
        {
            var job = (await site.Daemon.Http.GetFromJsonAsync(new Uri(ApiRoutes.Job(id), UriKind.Relative), OsismJson.Default.JobInfo, cancellationToken))!;
            runs += job.EndedAt!.Value - job.StartedAt!.Value;
        }

        _beyond += call.Jobs.Count > 0 ? call.Wall - runs : TimeSpan.Zero;
    }
}
