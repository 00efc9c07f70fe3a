using Osism.Cli.Api;
using Osism.Cli.Jobs;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Collections;

/// <summary><c>osism apply COLLECTION</c>, also within a chain: one run of one graph.</summary>
internal static class ApplyCollection
{
    /// <param name="chain">Roles and collections in order.</param>
    /// <param name="silence">See <see cref="RunFollower"/>.</param>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public static int Run(CliContext cli, ApplyArguments arguments, List<SubmitJob> chain, TimeSpan silence, CancellationToken cancellationToken)
    {
        CollectionRunInfo run;
        try
        {
            run = ApplyCommand.Submit(
                cli,
                key => ApiClient.Read(
                    cli.Api.Submit(ApiRoutes.CollectionRuns, key, json => JobJson.Write(json, new SubmitChain(chain)), cancellationToken), CollectionJson.ReadRun),
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            cli.Talk.Say("left before the manager had answered; 'osism collection status' shows whether the run was begun");
            return ExitCode.Detached;
        }

        return Follow(cli, run, arguments.Format == "script", arguments.NoWait, silence);
    }

    /// <summary>Says which run was made, and waits for it where somebody wants to.</summary>
    /// <param name="script">Whether a program reads it.</param>
    /// <param name="noWait">Whether nobody waits.</param>
    /// <param name="silence">See <see cref="RunFollower"/>.</param>
    internal static int Follow(CliContext cli, CollectionRunInfo run, bool script, bool noWait, TimeSpan silence)
    {
        if (script && noWait)
            cli.WriteLine(run.Id.ToString());
        else if (script)
            cli.Talk.Write(run.Id.ToString());
        else
            cli.Talk.Say($"run {run.Id}: {run.Name}, {run.Nodes.Count} nodes" + (noWait ? $"; begun, 'osism wait {run.Id}' waits for it" : ""));
        return noWait ? ExitCode.Success : RunFollower.FollowAndSay(cli, run.Id, silence);
    }
}
