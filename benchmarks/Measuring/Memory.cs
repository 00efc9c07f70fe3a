using System.Globalization;
using Osism.Testing;

namespace Osism.Benchmarks.Measuring;

/// <summary>Memory of a manager and its PostgreSQL.</summary>
/// <param name="DaemonPss">MB of osismd; pages it shares with other processes count by their share.</param>
/// <param name="DaemonRss">MB of osismd as if it shared nothing: what the share would be on a machine without other .NET programs, at most.</param>
/// <param name="PostgresPss">MB of all processes of the server.</param>
/// <param name="Processes">Number of PostgreSQL's processes.</param>
internal sealed record Memory(double DaemonPss, double DaemonRss, double PostgresPss, int Processes)
{
    public double Pss => DaemonPss + PostgresPss;

    public static Memory Of(DaemonProcess daemon)
    {
        double pss = 0, rss = 0, postgres = 0;
        var count = 0;
        foreach (var process in Signals.Naming(daemon.Home))
        {
            var rollup = File.ReadAllLines($"/proc/{process}/smaps_rollup");
            if (process == daemon.Id)
            {
                (pss, rss) = (Field(rollup, "Pss:"), Field(rollup, "Rss:"));
            }
            else if (File.ReadAllText($"/proc/{process}/comm").Trim() == "postgres")
            {
                postgres += Field(rollup, "Pss:");
                count++;
            }
        }

        return new Memory(pss, rss, postgres, count);
    }

    public override string ToString() =>
        $"osismd {DaemonPss:0} (RSS {DaemonRss:0}) + PostgreSQL {PostgresPss:0} in {Processes} processes";

    private static double Field(string[] rollup, string name) =>
        double.Parse(
            rollup.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;
}
