using Osism.Benchmarks.Cases;
using Osism.Benchmarks.Measuring;

namespace Osism.Benchmarks;

/// <summary><c>./dev bench [CASE...]</c>: measures the built programs and prints one table.</summary>
internal static class BenchmarkProgram
{
    private static readonly (string Name, Func<Report, CancellationToken, Task> Measure)[] Cases =
    [
        ("start", StartLatency.MeasureAsync),
        ("apply", ApplyOverhead.MeasureAsync),
        ("cli", CliCost.MeasureAsync),
        ("daemon", DaemonFootprint.MeasureAsync),
        ("output", LiveOutput.MeasureAsync),
        ("inventory", InventoryQuestions.MeasureAsync),
        ("reconcile", Reconcile.MeasureAsync),
        ("pipeline", Pipeline.MeasureAsync),
        ("fleet", Fleet.MeasureAsync),
        ("graph", GraphPath.MeasureAsync),
        ("backup", BackupTime.MeasureAsync),
        ("upgrade", UpgradeTime.MeasureAsync),
        ("queue", QueueRates.MeasureAsync),
        ("ingest", RecordingIngest.MeasureAsync),
        ("events", RecordingCost.MeasureManagerAsync),
        ("recording", RecordingCost.MeasureAsync),
        ("recording-large", RecordingCost.MeasureLargeAsync),
    ];

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is ["soak", .. var drill])
        {
            return await Soak.SoakProgram.RunAsync(drill, cancellationToken);
        }

        if (args is ["sequence", .. var options])
        {
            return await Sequence.SequenceProgram.RunAsync(options, cancellationToken);
        }

        var names = args is ["bench", .. var rest] ? rest : args;
        if (args is [] || names.Except(Cases.Select(known => known.Name), StringComparer.Ordinal).Any())
        {
            await Console.Error.WriteLineAsync($"usage: ./dev bench [{string.Join('|', Cases.Select(known => known.Name))}]...");
            return 2;
        }

        var failed = false;
        var report = new Report(Console.Out, Console.Error);
        await report.BeginAsync(cancellationToken);
        foreach (var (name, measure) in Cases)
        {
            if (names.Length == 0 || names.Contains(name, StringComparer.Ordinal))
            {
                report.Say($"{name} ...");
                try
                {
                    await measure(report, cancellationToken);
                }
                catch (Exception e) when (e is InvalidOperationException or TimeoutException)
                {
                    // The other figures are worth having all the same.
                    report.Say($"{name} failed: {e.Message}");
                    failed = true;
                }
            }
        }

        return failed ? 1 : 0;
    }
}
