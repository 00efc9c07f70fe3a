using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Osism.Benchmarks.Measuring;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>The 39 roles of nutshell as one graph, with real Ansible and plays that wait a known time, on a worker with a slot for each.</summary>
internal static class GraphPath
{
    private const double Goal = 1.05;
    private const int Runs = 3;

    private static readonly IReadOnlyDictionary<string, string> Settings =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_WORKER__SLOTS"] = "39" };

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Settings, cancellationToken);
        var waits = await WritePlaysAsync(site, cancellationToken);
        var answered = new Samples();
        List<(double Ratio, double Whole, double Path, double Known)> runs = [];
        for (var i = 0; i < Runs; i++)
        {
            var run = await RunAsync(site, answered, cancellationToken);
            var path = Longest(run, node => (node.EndedAt!.Value - node.StartedAt!.Value).TotalSeconds);
            var whole = (run.EndedAt!.Value - run.SubmittedAt).TotalSeconds;
            runs.Add((whole / path, whole, path, Longest(run, node => waits[node.Name])));
        }

        var median = runs.OrderBy(run => run.Ratio).ElementAt(Runs / 2);
        report.Goal(
            "nutshell, 39 roles: submission -> last end, by its critical path", median.Ratio * 100, Goal * 100, "%",
            $"whole {median.Whole:0.00} s, critical path over measured jobs {median.Path:0.00} s, of which plays wait {median.Known:0.0} s; "
            + $"{Runs} runs: {string.Join(", ", runs.Select(run => $"{run.Ratio * 100:0.0}"))}");
        report.Context("the same: all 39 are checked, stored and the POST is answered (ms)", answered.ToString());
        report.Context("the same, one after the other (sum of all waits alone)", $"{waits.Values.Sum():0} s");
    }

    /// <summary>A play for each role where the manager looks for it. It waits 2 to 5 s, by its name.</summary>
    private static async Task<Dictionary<string, double>> WritePlaysAsync(Site site, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse((await site.Cli.MustAsync(cancellationToken, "collection", "show", "nutshell", "--format", "json")).Text);
        var waits = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var node in json.RootElement.GetProperty("nodes").EnumerateArray())
        {

            // Nobody knows the role ceph before there is a play for it.
            var role = node.GetProperty("role").GetString()!;
            var environment = node.GetProperty("environment").GetString() ?? role;
            var play = role.StartsWith($"{environment}-", StringComparison.Ordinal) && environment is "kolla" or "ceph" ? role[(environment.Length + 1)..] : role;
            var seconds = 2 + (role.Sum(letter => letter) % 4);
            waits[node.GetProperty("name").GetString()!] = seconds;
            await site.Pod.WriteAsync($"environments/{environment}/playbook-{play}.yml", $"""
                - name: Wait
                  hosts: localhost
                  connection: local
                  gather_facts: false
                  tasks:
                    - name: Wait
                      ansible.builtin.pause:
                        seconds: {seconds}
                """, cancellationToken);
        }

        return waits;
    }

    private static async Task<CollectionRunInfo> RunAsync(Site site, Samples answered, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new SubmitChain([new SubmitJob { Role = "nutshell" }]), OsismJson.Default.SubmitChain);
        var since = Stopwatch.GetTimestamp();
        using var answer = await site.Daemon.Http.PostAsync(new Uri(ApiRoutes.CollectionRuns, UriKind.Relative), content, cancellationToken);
        answer.EnsureSuccessStatusCode();
        answered.Add(Stopwatch.GetElapsedTime(since));
        var run = (await answer.Content.ReadFromJsonAsync(OsismJson.Default.CollectionRunInfo, cancellationToken))!;
        while (!CollectionRunStates.IsEnd(run.State))
        {
            run = (await site.Daemon.Http.GetFromJsonAsync(
                new Uri(ApiRoutes.CollectionRunSince(run.Id, run.Version, 60), UriKind.Relative), OsismJson.Default.CollectionRunInfo, cancellationToken))!;
        }

        return run.State == CollectionRunStates.Succeeded
            ? run
            : throw new InvalidOperationException(string.Join('\n', run.Nodes.Where(node => node.State != "succeeded").Select(node => $"{node.Name} {node.State} {node.Reason?.Message}")));
    }

    /// <summary>The longest way through the graph.</summary>
    private static double Longest(CollectionRunInfo run, Func<CollectionRunNodeInfo, double> length)
    {
        var nodes = run.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        var known = new Dictionary<string, double>(StringComparer.Ordinal);
        return run.Nodes.Max(To);

        double To(CollectionRunNodeInfo node) => known.TryGetValue(node.Name, out var found)
            ? found
            : known[node.Name] = length(node) + node.After.Select(parent => To(nodes[parent])).DefaultIfEmpty(0).Max();
    }
}
