using Osism.Benchmarks.Measuring;
using Osism.Testing.Sequence;

namespace Osism.Benchmarks.Sequence;

/// <summary><c>./dev sequence</c>: the deployment of a testbed on seven nodes, with real Ansible and stand-ins for what it deploys.</summary>
internal static class SequenceProgram
{
    /// <summary>For 64 applies and 25 nested pulls on two cores.</summary>
    private const double GoalMinutes = 16;

    /// <summary>Of all the CPU that is spent, by osismd, its PostgreSQL and the calls of osism.</summary>
    private const double GoalShare = 5;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (SequenceOptions.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(SequenceOptions.Usage);
            return 2;
        }

        var all = SequencePlan.Load();
        var plan = options.Phases is { } count ? all with { Phases = [.. all.Phases.Take(count)] } : all;
        var failing = options.FailAt ?? (options.Graph ? Middle(plan) : null);
        if (failing is not null && !plan.Steps.SelectMany(step => step.Lines).Any(mark => mark.Line.Split(' ')[0] == failing))
        {
            await Console.Error.WriteLineAsync($"{failing} is no stand-in of these phases; there are {string.Join(", ", plan.Steps.SelectMany(step => step.Lines).Select(mark => mark.Line.Split(' ')[0]).Distinct())}");
            return 2;
        }

        var report = new Report(Console.Out, Console.Error);
        using var family = FamilyCpu.Begin();
        report.Say("seven nodes and their manager ...");
        await using var site = await SequenceSite.StartAsync(SequenceSite.AllNodes, Installation.Usual, cancellationToken);
        await report.BeginAsync(cancellationToken);
        try
        {
            await site.ChoosePullsAsync(plan, cancellationToken);
            if (failing is not null)
            {
                await site.LetFailAsync(failing, cancellationToken);
            }

            var before = SequenceCosts.Now(site, family);
            var calls = new SequenceByCalls(site, report);
            var rows = options.Graph
                ? await new SequenceByGraph(site, report).RunAsync(plan, failing!, cancellationToken)
                : await calls.RunAsync(plan, failing, cancellationToken);
            var costs = SequenceCosts.Now(site, family) - before;
            var faults = await SequenceMarks.FaultsAsync(site, plan, cancellationToken);
            Tell(report, plan, rows, costs, family.Source);
            if (!options.Graph)
            {
                report.Context("calls that were waited for, beyond the runs of their jobs", $"{calls.Beyond.TotalSeconds:0.0} s, {100 * calls.Beyond / costs.Wall:0.0} % of the wall");
            }

            report.Never("marks on the nodes that do not fit", faults.Count, "each role once on each of its hosts, in order, with its variables");
            foreach (var fault in faults)
            {
                report.Say(fault);
            }

            return faults.Count == 0 ? 0 : 1;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            report.Say($"it ended early: {e.Message}");
            return 1;
        }
    }

    private static void Tell(Report report, SequencePlan plan, IReadOnlyList<SequenceRow> rows, SequenceCosts costs, string source)
    {
        foreach (var row in rows)
        {
            report.Context($"{row.Phase}{(row.Optional ? " (optional)" : "")}", $"{row}");
        }

        // The goal is about what the testbed always does.
        var usual = rows.Where(row => !row.Optional).ToList();
        var minutes = usual.Sum(row => row.Wall.TotalMinutes);
        var what = $"{usual.Sum(row => row.Applies)} applies + {usual.Sum(row => row.Pulls)} nested pulls";
        if (plan.Phases.Count == SequencePlan.Load().Phases.Count)
        {
            report.Goal(what, minutes, GoalMinutes, "min", $"with what is optional {plan.Applies} in {costs.Wall.TotalMinutes:0.0} min");
        }
        else
        {
            report.Context(what, $"{minutes:0.0} min");
        }

        report.Goal(
            "the manager's own share of the CPU: osismd, PostgreSQL, calls of osism", costs.Share, GoalShare, "%",
            $"osismd {costs.Manager.TotalSeconds:0.0} s + PostgreSQL {costs.Database.TotalSeconds:0.0} s + calls {costs.Clients.TotalSeconds:0.0} s of {costs.All.TotalSeconds:0} s, {source}");
    }

    /// <summary>Name in the journal of a role in the middle that others wait for.</summary>
    private static string Middle(SequencePlan plan)
    {
        var names = plan.Steps.Where(step => !step.Background).SelectMany(step => step.Lines.Take(1)).Select(mark => mark.Line.Split(' ')[0]).ToList();
        return names[names.Count / 2];
    }
}
