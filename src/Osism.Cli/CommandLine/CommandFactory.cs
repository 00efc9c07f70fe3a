using System.CommandLine;
using Osism.Cli.Ara;
using Osism.Cli.Collections;
using Osism.Cli.Configuration;
using Osism.Cli.Facts;
using Osism.Cli.Inventory;
using Osism.Cli.Jobs;
using Osism.Cli.Lifecycle;
using Osism.Cli.Locks;
using Osism.Cli.Notifications;
using Osism.Cli.Recording;
using Osism.Cli.Remote;
using Osism.Cli.Schedules;
using Osism.Cli.Services;
using Osism.Cli.Setup;
using Osism.Cli.Status;
using Osism.Cli.Vault;
using Osism.Cli.Workers;

namespace Osism.Cli.CommandLine;

/// <summary>Builds the one command that was named; the others cost nothing.</summary>
internal static class CommandFactory
{
    /// <summary>The command behind a name of <see cref="CommandTable"/> that works; null when there is none.</summary>
    public static Command? Create(string name, CliContext cli) => name switch
    {
        "apply" => ApplyCommand.Create(cli),
        "collection cancel" => CollectionCancelCommand.Create(cli),
        "collection list" => CollectionListCommand.Create(cli),
        "collection resume" => CollectionResumeCommand.Create(cli),
        "collection show" => CollectionShowCommand.Create(cli),
        "collection status" => CollectionStatusCommand.Create(cli),
        "completion" => CompletionCommand.Create(cli),
        "compose" or "container" or "log container" => HostCommands.Create(name),
        "configuration check" => ConfigurationCheckCommand.Create(cli),
        "console" => ConsoleCommand.Create(cli),
        "init" => InitCommand.Create(cli),
        "release set" or "release show" => ReleaseCommands.Create(cli, name["release ".Length..]),
        "inventory graph" or "inventory host" or "inventory list" or "inventory match" => InventoryCommand.Create(cli, name["inventory ".Length..]),
        "inventory lint" => InventoryLintCommand.Create(cli),
        "inventory diff" => RevisionCommands.CreateDiff(cli),
        "inventory pin" => RevisionCommands.CreatePin(cli),
        "inventory revisions" => RevisionCommands.CreateList(cli),
        "inventory rollback" => RevisionCommands.CreateRollback(cli),
        "reconciler" => RevisionCommands.CreateReconciler(),
        "sync inventory" => RevisionCommands.CreateSync(cli),
        "inventory search" => InventorySearchCommand.Create(cli),
        "log ansible" => AraCommand.Create(cli),
        "log file" => LogFileCommand.Create(cli),
        "log opensearch" => LogOpenSearchCommand.Create(cli),
        "lock" => LockCommand.Create(cli),
        "lock status" => LockStatusCommand.Create(cli),
        "doctor" => DoctorCommand.Create(cli),
        "manager reset" => ResetCommand.Create(cli),
        "manager install" => InstallCommand.Create(cli),
        "manager upgrade" => UpgradeCommand.Create(cli),
        "manager backup" or "manager list" or "manager restore" or "manager verify" => BackupCommands.Create(cli, name["manager ".Length..]),
        "validate" => ValidateCommand.Create(cli),
        "explain" => ApplyCommand.CreateExplain(cli),
        "facts diff" => FactsCommands.CreateDiff(cli),
        "facts history" => FactsCommands.CreateHistory(cli),
        "facts list" => FactsCommands.CreateList(cli),
        "facts search" => FactsCommands.CreateSearch(cli),
        "get facts" => GetFactsCommand.Create(cli),
        "get states" => StateCommands.CreateGet(cli),
        "set bootstrap" or "set maintenance" => StateCommands.CreateSet(cli, name["set ".Length..], isSet: true),
        "noset bootstrap" or "noset maintenance" => StateCommands.CreateSet(cli, name["noset ".Length..], isSet: false),
        "reset facts" => CacheCommands.CreateReset(cli),
        "sync facts" => CacheCommands.CreateSync(cli),
        "get hosts" => GetHostsCommand.Create(cli),
        "get hostvars" => GetHostvarsCommand.Create(cli),
        "get status" => WorkerListCommand.CreateStatus(cli),
        "log" or "task output" => TaskOutputCommand.Create(cli),
        "rerun" => RerunCommand.Create(cli),
        "get versions manager" => RuntimeListCommand.CreateVersions(cli),
        "runtime list" => RuntimeListCommand.Create(cli),
        "notification list" => NotificationCommands.CreateList(cli),
        "notification test" => NotificationCommands.CreateTest(cli),
        "results" => ResultsCommand.Create(cli),
        "results compare" => ResultCompareCommand.Create(cli),
        "results diff" => ResultDiffCommand.Create(cli),
        "results export" => ResultExportCommand.Create(cli),
        "results host" => ResultHostCommands.CreateHost(cli),
        "results hosts" => ResultHostCommands.CreateHosts(cli),
        "results matrix" => ResultMatrixCommand.Create(cli),
        "results show" => ResultShowCommand.Create(cli),
        "results timing" => ResultTimingCommand.Create(cli),
        "search" => SearchCommand.Create(cli),
        "schedule history" => ScheduleCommands.CreateHistory(cli),
        "schedule list" => ScheduleCommands.CreateList(cli),
        "schedule next" => ScheduleCommands.CreateNext(cli),
        "schedule pause" => ScheduleCommands.CreatePause(cli),
        "schedule resume" => ScheduleCommands.CreateResume(cli),
        "schedule run" => ScheduleCommands.CreateRun(cli),
        "schedule show" => ScheduleCommands.CreateShow(cli),
        "service" => ServiceCommands.CreateService(cli),
        "services deploy" => ServicesRunCommands.CreateDeploy(cli),
        "services health" => ServicesHealthCommand.Create(cli),
        "services links" => ServicesLinksCommand.Create(cli),
        "services list" => ServicesListCommand.Create(cli),
        "services show" => ServicesShowCommand.Create(cli),
        "services upgrade" => ServicesRunCommands.CreateUpgrade(cli),
        "services versions" => ServicesVersionsCommand.Create(cli),
        "status" => StatusCommand.Create(cli),
        "sync configuration" => SyncConfigurationCommand.Create(cli),
        "sync versions" => SyncVersionsCommand.Create(cli),
        "task forget" => TaskForgetCommand.Create(cli),
        "task list" => TaskListCommand.Create(cli),
        "task pin" => TaskRetentionCommands.CreatePin(cli),
        "task prune" => TaskRetentionCommands.CreatePrune(cli),
        "task revoke" => TaskRevokeCommand.Create(cli),
        "task unpin" => TaskRetentionCommands.CreateUnpin(cli),
        "task show" => TaskShowCommand.Create(cli),
        "unlock" => UnlockCommand.Create(cli),
        "vault check" => VaultCheckCommand.Create(cli),
        "vault decrypt" => VaultFileCommands.CreateDecrypt(cli),
        "vault password set" => VaultPasswordCommands.CreateSet(cli),
        "vault password unset" => VaultPasswordCommands.CreateUnset(cli),
        "vault view" => VaultFileCommands.CreateView(cli),
        "wait" => WaitCommand.Create(cli),
        "worker" => ServiceCommands.CreateWorker(cli),
        "worker drain" => WorkerDrainCommands.CreateDrain(cli),
        "worker list" => WorkerListCommand.Create(cli),
        "worker remove" => WorkerMemberCommands.CreateRemove(cli),
        "worker resume" => WorkerDrainCommands.CreateResume(cli),
        "worker show" => WorkerShowCommand.Create(cli),
        "worker token" => WorkerMemberCommands.CreateToken(cli),
        _ => null,
    };
}
