using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>What the manager adds to a run: the whole of <c>osism apply noop</c> beside the bare ansible-playbook of <c>--explain</c>.</summary>
internal static class ApplyOverhead
{
    private const int Runs = 20;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.Usual, cancellationToken);
        using var folder = new TempFolder();
        var apply = site.Cli.Command("apply", "noop");
        var bare = await new BareRun(site, folder).AsComposedAsync("noop", cancellationToken);
        for (var i = 0; i < 3; i++)
        {
            await Measured.RunAsync(apply, cancellationToken);
            await Measured.RunAsync(bare, cancellationToken);
        }

        Samples with = new(), without = new(), bareCpu = new();
        for (var i = 0; i < Runs; i++)
        {
            // The first of a pair changes with each pair.
            if (i % 2 == 0)
            {
                with.Add((await Measured.RunAsync(apply, cancellationToken)).Wall);
            }

            var measured = await Measured.RunAsync(bare, cancellationToken);
            without.Add(measured.Wall);
            bareCpu.Add(measured.Cpu);
            if (i % 2 == 1)
            {
                with.Add((await Measured.RunAsync(apply, cancellationToken)).Wall);
            }
        }

        report.Goal(
            "`osism apply noop` beyond bare ansible-playbook", with.Median - without.Median, 100, "ms",
            $"with: {with}; bare: {without}; ratio {with.Median / without.Median:0.00}; {Runs} of each, alternating");
        report.Context("the same: CPU of bare ansible-playbook (ms)", bareCpu.ToString());
    }
}
