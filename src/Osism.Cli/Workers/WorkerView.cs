using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Workers;

/// <summary><c>osism service flower</c>: the workers and what they hold, drawn anew every second while somebody watches, once otherwise.</summary>
internal static class WorkerView
{
    // ECMA-48: to the upper left corner; clear to the end of the line, of the screen; the alternate screen and the cursor are xterm's.
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string ClearLine = "\e[K";
    private const string ClearRest = "\e[J";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public static int Run(CliContext cli, CancellationToken cancellationToken)
    {
        if (!cli.Screen.OutputIsTerminal)
        {
            cli.Write(Draw(cli, cancellationToken));
            return ExitCode.Success;
        }

        cli.Write(Enter);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                cli.Write(Home + Draw(cli, cancellationToken).Replace("\n", ClearLine + "\n", StringComparison.Ordinal) + ClearRest);
                cancellationToken.WaitHandle.WaitOne(Period);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how one leaves.
        }
        finally
        {
            cli.Write(Leave);
        }

        return ExitCode.Success;
    }

    private static string Draw(CliContext cli, CancellationToken cancellationToken)
    {
        byte[] body;
        try
        {
            body = cli.Api.GetBytes(ApiRoutes.Workers, cancellationToken);
        }
        catch (ProblemException e) when (e.MayPass && cli.Screen.OutputIsTerminal)
        {
            return $"{e.Message}\n";
        }

        using var page = JsonDocument.Parse(body);
        var workers = Listing.Items(page.RootElement);
        var text = new StringBuilder(TableFormat.Write(WorkerColumns.All, workers, cli.Screen.Width, cli.Screen.Colours));
        foreach (var worker in workers)
        {
            var jobs = Listing.Items(worker, "jobs");
            if (jobs.Length > 0)
            {
                text.Append('\n').Append(worker.Text("name")).Append('\n')
                    .Append(TableFormat.Write(WorkerColumns.Jobs, jobs, cli.Screen.Width, cli.Screen.Colours));
            }
        }

        return text.ToString();
    }
}
