using Osism.Cli.Api;
using Osism.Cli.Jobs;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Facts;

/// <summary>A command that is a role with fixed arguments.</summary>
internal static class RoleRun
{
    /// <summary>Submits it and follows it to its end.</summary>
    /// <exception cref="ProblemException">The manager refused or is away.</exception>
    public static int Submit(CliContext cli, SubmitJob role, bool noWait)
    {
        // An interrupt from here on is one about the job.
        if (cli.Screen.MayAsk && !noWait)
            cli.Interrupts.Ask();
        var job = ApplyCommand.Submit(
            cli,
            key => ApiClient.Read(cli.Api.Submit(ApiRoutes.Jobs, key, json => JobJson.Write(json, role), cli.Interrupts.Leave), JobJson.Read),
            cli.Interrupts.Leave);
        ApplyCommand.Announce(cli, job, script: false, noWait);
        return noWait ? ExitCode.Success : ChainFollower.Follow(cli, [job], TimeSpan.FromSeconds(ApplyCommand.DefaultTimeout));
    }
}
