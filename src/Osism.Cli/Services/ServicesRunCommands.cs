using System.CommandLine;
using System.Text;
using Osism.Cli.Api;
using Osism.Cli.Collections;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Services;

namespace Osism.Cli.Services;

/// <summary><c>osism services deploy|upgrade [NAME...] [--layer L] [--from SERVICE] [--dry-run]</c></summary>
internal static class ServicesRunCommands
{
    public static Command CreateDeploy(CliContext cli) => Create(cli, "deploy", """
        One run of a graph, as of a collection: a service begins when those it requires are there, images of kolla are pulled before.
        Without NAME: all that are wanted and have hosts. A run that failed is gone on with by 'osism collection resume'.
        """);

    public static Command CreateUpgrade(CliContext cli) => Create(cli, "upgrade", """
        As 'services deploy', with the action upgrade of kolla and the ways of their own that ceph, kubernetes and others have.
        A run that failed is gone on with by 'osism collection resume'.
        """);

    private static Command Create(CliContext cli, string action, string description)
    {
        var names = new Argument<string[]>("names") { Description = "Only these services. None = all that are wanted", Arity = ArgumentArity.ZeroOrMore };
        var layer = ServicesListCommand.LayerOption();
        var from = new Option<string>("--from") { Description = "Begin with this service: only it and those behind it in 'osism services list'", HelpName = "SERVICE" };
        var dry = new Option<bool>("--dry-run") { Description = "Show the plan, run nothing" };
        var noPull = new Option<bool>("--no-pull") { Description = "Do not pull images first" };
        var retry = new Option<int>("--retry", "-r") { Description = "Up to N further jobs for each node that fails. Default: 0", HelpName = "N" };
        var noWait = new Option<bool>("--no-wait") { Description = "Submit and return" };
        var format = Listing.FormatOption("log", "script", "json", "yaml");
        format.Description = "log or script; with --dry-run also json or yaml. Default: log";
        var command = new Command(action, description) { names, layer, from, dry, noPull, retry, noWait, format };
        command.SetAction(parsed =>
        {
            var plan = new PlanServices
            {
                Action = action,
                Names = parsed.GetValue(names) ?? [],
                Layer = parsed.GetValue(layer),
                From = parsed.GetValue(from),
                NoPull = parsed.GetValue(noPull),
                Retry = parsed.GetValue(retry),
            };
            return parsed.GetValue(dry) ? Show(cli, plan, parsed.GetValue(format)!) : Run(cli, plan, parsed.GetValue(format)!, parsed.GetValue(noWait));
        });
        return command;
    }

    private static int Show(CliContext cli, PlanServices plan, string format)
    {
        var body = cli.Api.Send("POST", ApiRoutes.ServicesPlan, json => ServicesJson.Write(json, plan), cli.Interrupts.Leave);
        if (format is "json" or "yaml")
        {
            Listing.WriteObject(cli, body, format);
            return ExitCode.Success;
        }

        var shown = ApiClient.Read(body, ServicesJson.ReadPlan);
        var text = new StringBuilder();
        CollectionText.AddTree(text, new CollectionInfo { Name = shown.Action, Source = "plan", Nodes = shown.Nodes }, 0);
        cli.Write(text.ToString());
        foreach (var one in shown.LeftOut)
            cli.Talk.Say($"left out: {one.Service}: {one.Reason}");
        return ExitCode.Success;
    }

    private static int Run(CliContext cli, PlanServices plan, string format, bool noWait)
    {
        if (format is "json" or "yaml")
            throw new ProblemException(ErrorCodes.RequestInvalid, $"--format {format} is for --dry-run");
        // An interrupt from here on is one about the run, which is asked about as soon as its id is known.
        if (cli.Screen.MayAsk && !noWait)
            cli.Interrupts.Ask();
        var cancellationToken = cli.Interrupts.Leave;
        CollectionRunInfo run;
        try
        {
            run = ApplyCommand.Submit(
                cli,
                key => ApiClient.Read(cli.Api.Submit(ApiRoutes.ServicesRuns, key, json => ServicesJson.Write(json, plan), cancellationToken), CollectionJson.ReadRun),
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            cli.Talk.Say("left before the manager had answered; 'osism collection status' shows whether the run was begun");
            return ExitCode.Detached;
        }

        var silence = CliEnvironment.Number(cli.Environment.TaskTimeout, "OSISM_TASK_TIMEOUT", ApplyCommand.DefaultTimeout);
        return ApplyCollection.Follow(cli, run, format == "script", noWait, TimeSpan.FromSeconds(silence));
    }
}
