using Osism.Benchmarks.Measuring;
using Osism.Contracts;
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
        var bare = await BareAsync(site, folder, cancellationToken);
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

    /// <summary>argv, folder and environment of <c>--explain</c> under the run's user, without our callback plugin.</summary>
    private static async Task<Command> BareAsync(Site site, TempFolder folder, CancellationToken cancellationToken)
    {
        var explained = await site.Cli.MustAsync(cancellationToken, "apply", "--explain", "--format", "json", "noop");
        var plan = System.Text.Json.JsonSerializer.Deserialize(explained.Stdout, OsismJson.Default.RunPlanInfo)!;
        var spool = Path.Combine(site.Daemon.Home, "spool", plan.Env["OSISM_ATTEMPT"]);
        List<string> argv = Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", "--reuid=dragon", "--regid=dragon", "--init-groups", "--"] : [];
        argv.AddRange(["/usr/bin/env", "-i", "-C", plan.Cwd]);
        argv.AddRange(plan.Env.Where(pair => !IsOurs(pair.Key)).Select(pair => $"{pair.Key}={Here(pair.Value)}"));
        argv.AddRange(plan.Argv.Select(Here));

        // What the attempt's folder would hold.
        var secrets = Directory.CreateDirectory(folder["secrets"]).FullName;
        var password = Path.Combine(secrets, "vault_password");
        await File.WriteAllTextAsync(password, site.Pod.VaultPassword, cancellationToken);
        if (Environment.IsPrivilegedProcess)
        {
            await new Command("chown") { Arguments = ["-R", "dragon:", secrets] }.MustAsync(cancellationToken);
        }

        return new Command(argv[0]) { Arguments = argv[1..] };

        bool IsOurs(string name) => name is "ANSIBLE_CALLBACK_PLUGINS" or "ANSIBLE_CALLBACKS_ENABLED" or "OSISM_EVENTS" or "OSISM_ATTEMPT";

        string Here(string text) => text.Replace(spool, folder.Path, StringComparison.Ordinal);
    }
}
