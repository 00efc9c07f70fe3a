using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Collections;
using Osism.Cli.CommandLine;
using Osism.Cli.Formats;
using Osism.Cli.Jobs.Following;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism apply [OPTIONS] [ROLE [ARGUMENTS...]]</c></summary>
internal static class ApplyCommand
{
    /// <summary>Seconds of silence before a notice, as in the original.</summary>
    internal const int DefaultTimeout = 300;

    internal static readonly Column[] RoleColumns =
    [
        new("Role", role => role.Text("role"), Fixed: true),
        new("Environment", role => role.Text("environment")),
        new("Runtime", role => role.Text("runtime"), Spare: true),
        new("Source", role => role.Text("source"), Spare: true),
        new("Danger", role => role.TextOrNull("danger"), Fixed: true, Colour: role => role.TextOrNull("danger") switch
        {
            "destructive" => Colour.Red,
            "high" => Colour.Yellow,
            _ => Colour.None,
        }),
        new("Takes", RoleText.Takes, Spare: true),
        new("Description", role => role.TextOrNull("description")),
    ];

    /// <summary>For help and completion; the arguments are read by <see cref="ApplyArguments"/>, because what a word means depends on where it stands.</summary>
    public static Command Create(CliContext cli) => new("apply", """
        Before ROLE all options are ours. After ROLE our long options are ours, up to '--'; everything else goes to Ansible
        ('osism apply nova -l compute01 -e x=1'). Several roles in order: 'osism apply a//b//c'. Without ROLE: the roles there are.
        ROLE may be a collection ('osism collection list'): its graph is run, and the exit code is that of the whole.
        """)
    {
        new Argument<string>("role") { Description = "Role or collection, or a chain of them: a//b", Arity = ArgumentArity.ZeroOrOne },
        new Argument<string[]>("arguments") { Description = "For Ansible, as they are", Arity = ArgumentArity.ZeroOrMore },
        Option("--environment", "ENV", "Take the role from this environment", "-e"),
        Option("--overwrite", "ENV", "Run it in this environment after its runtime was chosen"),
        Option("--sub", "NAME", "Sub-environment, of ceph, kolla and kubernetes"),
        Option("--action", "ACTION", $"What a kolla role does: {string.Join(", ", ApplyArguments.Actions)}. Default: deploy", "-a"),
        Option("--retry", "N", "Up to N further jobs when it fails. Default: 0, or OSISM_APPLY_RETRY", "-r"),
        Option("--timeout", "SECONDS", $"Say so after this long without output; it never ends anything, 0 = never. Default: {DefaultTimeout}, or OSISM_TASK_TIMEOUT"),
        Option("--task-timeout", "SECONDS", "End the job as timed_out after this long. Default: no limit"),
        Option("--limit-policy", "POLICY", "When -l leaves out hosts that the role needs: refuse, widen or allow. Default: refuse, or as the manager is set"),
        new Option<bool>("--no-wait") { Description = "Submit and return" },
        new Option<bool>("--dry-run") { Description = "Ansible's check mode: nothing is changed on the hosts. Of a collection: walk the graph with jobs that do nothing" },
        new Option<bool>("--show-tree") { Description = "Show what would be submitted, submit nothing" },
        new Option<bool>("--explain") { Description = "Show the very command, files and settings of the run, run nothing" },
        Option("--format", "FORMAT", "log or script; for --explain log or json; without ROLE table, json, yaml or csv"),
    };

    /// <exception cref="ProblemException">The command line is wrong, or the manager refused or is away.</exception>
    public static int Run(
        CliContext cli, string[] elements, GlobalOptions global, CancellationToken cancellationToken)
    {
        var arguments = ApplyArguments.Parse(elements, global);
        global.ApplyTo(cli.Talk);
        if (global.Help)
        {
            HelpWriter.WriteCommand(cli, CommandTable.Find("apply")!, Create(cli));
            return ExitCode.Success;
        }

        return arguments.Role is null ? ListRoles(cli, arguments, cancellationToken) : Run(cli, arguments, cancellationToken);
    }

    /// <summary>Runs what was read of a command line.</summary>
    /// <exception cref="ProblemException">It does not go together, or the manager refused or is away.</exception>
    internal static int Run(CliContext cli, ApplyArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Explain || arguments.ShowTree)
            return ApplyExplain.Run(cli, arguments, cancellationToken);
        if (arguments.Format is not (null or "log" or "script"))
            throw new ProblemException(ErrorCodes.RequestInvalid, $"--format {arguments.Format} is for --explain or for listing the roles");

        var retry = arguments.Retry ?? CliEnvironment.Number(cli.Environment.ApplyRetry, "OSISM_APPLY_RETRY", 0);
        var silence = arguments.Timeout ?? CliEnvironment.Number(cli.Environment.TaskTimeout, "OSISM_TASK_TIMEOUT", DefaultTimeout);
        // An interrupt from here on is one about the job, which is asked about as soon as its id is known.
        if (cli.Screen.MayAsk && !arguments.NoWait)
            cli.Interrupts.Ask();
        List<JobInfo> jobs;
        var chain = arguments.ToJobs(retry);
        try
        {
            jobs = Submit(cli, key => Send(cli, key, chain, cancellationToken), cancellationToken);
        }
        catch (ProblemException e) when (e.Problem.Code == ErrorCodes.RoleIsCollection.Code)
        {
            return ApplyCollection.Run(cli, arguments, chain, TimeSpan.FromSeconds(silence), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            cli.Talk.Say("left before the manager had answered; 'osism task list' shows whether the job was queued");
            return ExitCode.Detached;
        }

        var script = arguments.Format == "script";
        foreach (var job in jobs)
            Announce(cli, job, script, arguments.NoWait);

        return arguments.NoWait
            ? ExitCode.Success
            : ChainFollower.Follow(cli, jobs, TimeSpan.FromSeconds(silence));
    }

    /// <summary>For help and completion of <c>osism explain</c>; its arguments are those of <c>osism apply</c>.</summary>
    public static Command CreateExplain(CliContext cli) => new("explain", """
        What ROLE does, where, how dangerous it is, how much of its hosts it needs and how long it takes here; then what
        'osism apply --explain ROLE' shows. Options before and after ROLE are those of 'osism apply'. Nothing is run.
        """)
    {
        new Argument<string>("role") { Description = "Role, or a chain of them: a//b", Arity = ArgumentArity.ExactlyOne },
        new Argument<string[]>("arguments") { Description = "As for 'osism apply'", Arity = ArgumentArity.ZeroOrMore },
        Option("--environment", "ENV", "Take the role from this environment", "-e"),
        Option("--format", "FORMAT", "log, json or yaml. Default: log"),
    };

    /// <summary><c>osism explain [OPTIONS] ROLE [ARGUMENTS...]</c></summary>
    /// <exception cref="ProblemException">The command line is wrong, the role unknown, or the manager away.</exception>
    public static int RunExplain(CliContext cli, string[] elements, GlobalOptions global, CancellationToken cancellationToken)
    {
        var arguments = ApplyArguments.Parse(elements, global);
        global.ApplyTo(cli.Talk);
        if (global.Help)
        {
            HelpWriter.WriteCommand(cli, CommandTable.Find("explain")!, CreateExplain(cli));
            return ExitCode.Success;
        }

        return arguments.Role is null
            ? throw new ProblemException(ErrorCodes.RequestInvalid, "explain needs a ROLE; 'osism apply' lists them")
            : ApplyExplain.RunWithRoles(cli, arguments, cancellationToken);
    }

    /// <summary>Says which job was made.</summary>
    internal static void Announce(CliContext cli, JobInfo job, bool script, bool noWait)
    {
        if (script && noWait)
            cli.WriteLine(job.Id.ToString());
        else if (script)
            cli.Talk.Write(job.Id.ToString());
        else
            cli.Talk.Say($"job {job.Id}: {JobText.Title(job)}" + (noWait ? $"; queued, 'osism task output --follow {job.Id}' follows it" : ""));
        // Who waits is told at the end.
        if (noWait)
        {
            foreach (var warning in job.Warnings)
                cli.Talk.Say($"warning: {warning.Code}: {warning.Message}");
        }
    }

    /// <summary>Submits once, however often it has to be sent: its key tells the manager that it is the same.</summary>
    internal static T Submit<T>(CliContext cli, Func<Guid, T> send, CancellationToken cancellationToken)
    {
        var key = Guid.NewGuid();
        try
        {
            return send(key);
        }
        catch (ProblemException e) when (e.IsUnanswered)
        {
            cli.Talk.Detail($"{e.Message}; sending it again as {key}");
            return new Reconnection(cli, "the same submission is sent again, it makes no second job").Try(
                () => send(key), cancellationToken);
        }
    }

    private static List<JobInfo> Send(CliContext cli, Guid key, List<SubmitJob> jobs, CancellationToken cancellationToken)
    {
        if (jobs.Count == 1)
        {
            var job = cli.Api.Submit(ApiRoutes.Jobs, key, json => JobJson.Write(json, jobs[0]), cancellationToken);
            return [ApiClient.Read(job, JobJson.Read)];
        }

        var page = cli.Api.Submit(ApiRoutes.Chain, key, json => JobJson.Write(json, new SubmitChain(jobs)), cancellationToken);
        return ApiClient.Read(page, json => json.List("items", JobJson.Read));
    }

    private static int ListRoles(CliContext cli, ApplyArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Explain || arguments.ShowTree)
            throw new ProblemException(ErrorCodes.RequestInvalid, "--explain and --show-tree need a ROLE");
        var format = arguments.Format is null or "log" or "script" ? "table" : arguments.Format;
        Listing.Write(cli, ApiRoutes.Roles, RoleColumns, format, limit: null, cancellationToken);
        return ExitCode.Success;
    }

    private static Option<string> Option(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description };
}
