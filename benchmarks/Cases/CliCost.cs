using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>What a command of <c>osism</c> costs before it has done anything.</summary>
internal static class CliCost
{
    private const int Runs = 21;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.Usual, cancellationToken);
        var job = site.Cli.Command("apply", "noop", "--no-wait");
        for (var i = 0; i < 5; i++)
        {
            await Measured.RunAsync(job, cancellationToken);
        }

        var compared = new (string Name, Command Command, Samples Wall, Samples Cpu)[]
        {
            ("help", new Command(Checkout.PathOf("osism")) { Arguments = ["--help"] }, new(), new()),
            ("list", site.Cli.Command("task", "list"), new(), new()),
            ("show", site.Cli.Command("status"), new(), new()),
            ("python", new Command("/usr/bin/python3") { Arguments = ["-c", "pass"] }, new(), new()),
            ("ansible", new Command("/usr/bin/ansible") { Arguments = ["--version"] }, new(), new()),
        };
        for (var i = 0; i < Runs; i++)
        {
            for (var j = 0; j < compared.Length; j++)
            {
                // Another one is first each time.
                var (_, command, wall, cpu) = compared[(i + j) % compared.Length];
                var measured = await Measured.RunAsync(command, cancellationToken);
                wall.Add(measured.Wall);
                cpu.Add(measured.Cpu);
            }
        }

        var (help, list, status, python, ansible) = (compared[0], compared[1], compared[2], compared[3], compared[4]);
        report.Goal("`./osism --help`, wall, median", help.Wall.Median, 85, "ms", $"{help.Wall}; {Runs} calls");
        report.Goal("`./osism --help`, CPU, median", help.Cpu.Median, 85, "ms", $"{help.Cpu}; {help.Cpu.Median / ansible.Cpu.Median:0.00} of `ansible --version`");
        report.Goal("`osism task list` (one API call), CPU, median", list.Cpu.Median, 70, "ms", $"{list.Cpu}; wall {list.Wall}");
        report.Context("`osism status`, CPU (ms)", $"{status.Cpu}; wall {status.Wall}");
        report.Context("`/usr/bin/python3 -c pass` (ms)", $"CPU {python.Cpu}; wall {python.Wall}");
        report.Context("`ansible --version` (ms)", $"CPU {ansible.Cpu}; wall {ansible.Wall}");
    }
}
