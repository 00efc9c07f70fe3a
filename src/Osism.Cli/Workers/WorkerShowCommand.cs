using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Workers;

/// <summary><c>osism worker show NAME</c></summary>
internal static class WorkerShowCommand
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("name") { Description = "Name of the worker, as 'osism worker list' prints it" };
        var format = Listing.FormatOption("text", "json", "yaml");
        var command = new Command("show") { name, format };
        command.SetAction(parsed => Run(cli, parsed.GetValue(name)!, parsed.GetValue(format)!, cli.Interrupts.Leave));
        return command;
    }

    private static int Run(CliContext cli, string name, string format, CancellationToken cancellationToken)
    {
        using var page = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.Worker(name), cancellationToken));
        var workers = Listing.Items(page.RootElement);
        if (format != "text")
        {
            Listing.WriteObject(cli, Encoding.UTF8.GetBytes(workers[0].GetRawText()), format);
            return ExitCode.Success;
        }

        foreach (var worker in workers)
        {
            var width = WorkerColumns.All.Max(column => column.Title.Length);
            foreach (var column in WorkerColumns.All.Where(column => !string.IsNullOrEmpty(column.Text(worker))))
                cli.WriteLine($"{column.Title.ToLowerInvariant().PadRight(width)}  {column.Text(worker)}");
            cli.WriteLine($"{"pid".PadRight(width)}  {worker.Int("pid")}");
            cli.WriteLine($"{"home".PadRight(width)}  {worker.TextOrNull("machine")}");
            cli.WriteLine($"{"cut off".PadRight(width)}  {(worker.TextOrNull("on_partition") == "kill" ? "ends its runs" : "lets its runs go on")}");
            var jobs = Listing.Items(worker, "jobs");
            if (jobs.Length > 0)
            {
                cli.WriteLine("");
                cli.Write(TableFormat.Write(WorkerColumns.Jobs, jobs, cli.Screen.Width, cli.Screen.Colours));
            }
        }

        return ExitCode.Success;
    }
}
