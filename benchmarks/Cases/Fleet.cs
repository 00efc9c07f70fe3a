using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>The plays facts and hosts over 25 nodes: <c>osism apply</c>, recording included, beside bare ansible-playbook with Ansible's own defaults, and with what the original's ansible.cfg says.</summary>
internal static class Fleet
{
    private const int Nodes = 25;
    private const int Rounds = 3;

    private static readonly string[] Roles = ["facts", "hosts"];

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Site.StartAsync(Nodes, Installation.Usual, cancellationToken);
        using var folder = new TempFolder();
        var bare = new BareRun(site, folder);
        var cache = Directory.CreateTempSubdirectory("osism-bench-facts").FullName;
        await new Command("chmod") { Arguments = ["777", cache] }.MustAsync(cancellationToken);

        // reference/configuration.md 2.8; the facts of its Redis are in files here, as ours are.
        var original = $"""
            [defaults]
            forks = 16
            gathering = smart
            fact_caching = jsonfile
            fact_caching_connection = {cache}
            fact_caching_timeout = 86400
            interpreter_python = auto_silent
            force_valid_group_names = ignore
            [ssh_connection]
            pipelining = True
            ssh_args = -o ControlMaster=auto -o ControlPersist=1800s
            """;
        const string Defaults = "[defaults]\n";
        foreach (var role in Roles)
        {
            Samples ours = new(), defaults = new(), originals = new();
            for (var round = 0; round <= Rounds; round++)
            {
                var own = await Measured.RunAsync(site.Cli.Command("apply", role) with { Timeout = Bounds.Long }, cancellationToken);
                var plain = await Measured.RunAsync(await bare.ConfiguredAsync(role, Defaults, cancellationToken), cancellationToken);
                var theirs = await Measured.RunAsync(await bare.ConfiguredAsync(role, original, cancellationToken), cancellationToken);
                if (round > 0)
                {
                    ours.Add(own.Wall);
                    defaults.Add(plain.Wall);
                    originals.Add(theirs.Wall);
                }
            }

            report.Goal($"`osism apply {role}`, {Nodes} nodes, / bare ansible-playbook with Ansible's defaults", ours.Median / defaults.Median, 0.6, "", $"ours (ms): {ours}; Ansible's defaults: {defaults}; {Rounds} of each after one that did not count");
            report.Goal($"the same / bare ansible-playbook with the original's ansible.cfg", ours.Median / originals.Median, 1, "", $"original's: {originals}");
        }

        Directory.Delete(cache, recursive: true);
    }
}
