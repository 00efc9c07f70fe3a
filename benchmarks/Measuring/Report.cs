using System.Globalization;
using Osism.Testing;

namespace Osism.Benchmarks.Measuring;

/// <summary>Prints the head and the rows of the table as they come: stdout is the table, stderr the talk.</summary>
internal sealed class Report(TextWriter table, TextWriter talk)
{
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        var ansible = await new Command("ansible-playbook") { Arguments = ["--version"] }.MustAsync(cancellationToken);
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        table.WriteLine(
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} x {cpu}, {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, "
            + $".NET {Environment.Version}, {ansible.Text.Split('\n')[0]}, load {Load()} at the start");
        table.WriteLine();
        table.WriteLine("| figure | measured | goal | | load |");
        table.WriteLine("|---|---|---|---|---|");
        table.Flush();
    }

    /// <summary>A figure with a goal.</summary>
    /// <param name="figure">What was measured.</param>
    /// <param name="value">The number the goal is about.</param>
    /// <param name="goal">What it must not exceed.</param>
    /// <param name="unit">Unit of both.</param>
    /// <param name="detail">The numbers behind it.</param>
    public void Goal(string figure, double value, double goal, string unit, string detail) =>
        Row(figure, $"**{Text(value)} {unit}** ({detail})", $"<= {Text(goal)} {unit}", $"{value / goal:0.00} {(value <= goal ? "reached" : "missed")}");

    /// <summary>A count of what must never happen.</summary>
    public void Never(string figure, int count, string detail) =>
        Row(figure, $"**{count}**{(detail.Length > 0 ? $" ({detail})" : "")}", "0", count == 0 ? "reached" : "missed");

    /// <summary>A figure for orientation.</summary>
    public void Context(string figure, string measured) => Row(figure, measured, "", "");

    public void Say(string line)
    {
        talk.WriteLine(line);
        talk.Flush();
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture);

    private static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(2));

    private void Row(string figure, string measured, string goal, string ratio)
    {
        table.WriteLine($"| {figure} | {measured} | {goal} | {ratio} | {Load()} |");
        table.Flush();
    }
}
