using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Workers;

/// <summary><c>osism worker drain|resume NAME</c></summary>
internal static class WorkerDrainCommands
{
    // A worker that is up learns of it with its next heartbeat; one that is away takes nothing anyway.
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    public static Command CreateDrain(CliContext cli)
    {
        var name = Name();
        var reason = new Option<string?>("--reason") { Description = "Shown beside the worker" };
        var wait = new Option<bool>("--wait") { Description = "Wait until it holds no job any more" };
        var command = new Command("drain", "Ends with 0 once the worker takes no more jobs; what it runs goes on. It lasts over restarts, until 'osism worker resume'.")
        {
            name, reason, wait,
        };
        command.SetAction(parsed => Drain(cli, parsed.GetValue(name)!, parsed.GetValue(reason), parsed.GetValue(wait), cli.Interrupts.Leave));
        return command;
    }

    public static Command CreateResume(CliContext cli)
    {
        var name = Name();
        var command = new Command("resume") { name };
        command.SetAction(parsed =>
        {
            cli.Api.Send("POST", ApiRoutes.ResumeWorker(parsed.GetValue(name)!), Nothing, cli.Interrupts.Leave);
            cli.Talk.Say($"{parsed.GetValue(name)} takes jobs again with its next heartbeat");
            return ExitCode.Success;
        });
        return command;
    }

    private static int Drain(CliContext cli, string name, string? reason, bool wait, CancellationToken cancellationToken)
    {
        cli.Api.Send("POST", ApiRoutes.DrainWorker(name, reason), Nothing, cancellationToken);
        var since = cli.Time.GetTimestamp();
        while (true)
        {
            using var page = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.Worker(name), cancellationToken));
            var workers = Listing.Items(page.RootElement);
            var busy = workers.Sum(worker => Listing.Items(worker, "jobs").Length);
            if (!workers.Any(worker => worker.Flag("takes_jobs")) && (!wait || busy == 0))
            {
                cli.Talk.Say($"{name} takes no more jobs{(busy == 0 ? "" : $"; {busy} of it go on")}");
                return ExitCode.Success;
            }

            if (!wait && cli.Time.GetElapsedTime(since) > HeardWithin)
                throw new ProblemException(ErrorCodes.WaitTimedOut, $"{name} has not heard of it yet; it will when it can be reached");
            cli.Talk.Status($"{name}: {busy} jobs");
            CliContext.Pause(Step, cancellationToken);
        }
    }

    private static Argument<string> Name() => new("name") { Description = "Name of the worker, as 'osism worker list' prints it" };

    private static void Nothing(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }
}
