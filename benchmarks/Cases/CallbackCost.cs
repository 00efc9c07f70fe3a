using System.Globalization;
using System.Text.Json;
using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>What the callback plugin costs a run: its own CPU, by a clock around each hook, beside that of the whole run with and without it.</summary>
internal static class CallbackCost
{
    private const int Runs = 3;
    private const int Hosts = 20;
    private const int Tasks = 50;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        var tasks = Enumerable.Range(0, Tasks).Select(i => $"    - {{name: Task number {i}, ansible.builtin.debug: {{msg: 'message {i} of the host'}}}}\n");
        await File.WriteAllTextAsync(folder["play.yml"], $"- hosts: all\n  gather_facts: false\n  tasks:\n{string.Concat(tasks)}", cancellationToken);
        var hosts = string.Concat(Enumerable.Range(0, Hosts).Select(i => string.Create(CultureInfo.InvariantCulture, $"node-{i:00},")));
        var bare = new Command("ansible-playbook") { Arguments = ["-i", hosts, "-c", "local", "-f", "10", folder["play.yml"]], Folder = folder.Path };
        var recorded = bare with
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ANSIBLE_CALLBACK_PLUGINS"] = Checkout.PathOf("benchmarks", "programs", "callback"),
                ["ANSIBLE_CALLBACKS_ENABLED"] = "osism_timed",
                ["OSISM_EVENTS"] = folder["events"],
                ["OSISM_TIMED"] = folder["timed"],
                ["OSISM_TIMED_PLUGIN"] = Checkout.PathOf("ansible", "callback_plugins", "osism_events.py"),
                ["PYTHONDONTWRITEBYTECODE"] = "1",
            },
        };
        Samples with = new(), without = new();
        List<double> shares = [], eachEvent = [];
        var (events, bytes) = (0, 0L);
        for (var i = 0; i < Runs; i++)
        {
            File.Delete(folder["events"]);
            var run = await Measured.RunAsync(recorded, cancellationToken);
            var own = JsonElement.Parse(await File.ReadAllTextAsync(folder["timed"], cancellationToken)).GetProperty("seconds").GetDouble();
            (events, bytes) = (File.ReadLines(folder["events"]).Count(), new FileInfo(folder["events"]).Length);
            with.Add(run.Cpu);
            shares.Add(own / run.Cpu.TotalSeconds * 100);
            eachEvent.Add(own / events * 1e6);
            without.Add((await Measured.RunAsync(bare, cancellationToken)).Cpu);
        }

        report.Goal(
            $"callback plugin: its own CPU of a run's, {Hosts} local hosts x {Tasks} debug tasks, median",
            Median(shares), 1.5, "%", $"{Median(eachEvent):0} us an event, {events} events of {bytes / events} bytes");
        report.Context("the same run, CPU (ms)", $"with: {with}; without: {without}; {Runs} of each, alternating");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
