using System.Collections.Frozen;

namespace Osism.Contracts;

/// <summary>What a stable error code means to a caller: the HTTP status it travels with and the exit code of the CLI.</summary>
/// <param name="Code"><c>noun.reason</c>, printed as <c>error: CODE: ...</c>.</param>
/// <param name="Status">HTTP status of the problem details.</param>
/// <param name="ExitCode">See <see cref="Contracts.ExitCode"/>.</param>
/// <param name="Meaning">One line for the reference in <c>docs/handbook/errors.md</c>.</param>
public sealed record ErrorCode(string Code, int Status, int ExitCode, string Meaning);

/// <summary>Every error code there is. A test compares this table with the handbook; it may grow, codes never change.</summary>
public static class ErrorCodes
{
    public static readonly ErrorCode RoleUnknown = new("role.unknown", 404, Contracts.ExitCode.NotFound, "No playbook has this name in the environment");
    public static readonly ErrorCode EnvironmentMissing = new("environment.missing", 404, Contracts.ExitCode.NotFound, "The environment has no folder below environments/");
    public static readonly ErrorCode RuntimeMissing = new("runtime.missing", 404, Contracts.ExitCode.NotFound, "The runtime that owns the role is not installed");
    public static readonly ErrorCode RuntimeUnusable = new("runtime.unusable", 409, Contracts.ExitCode.Configuration, "The runtime that owns the role cannot be used: its image, or the version of its Ansible");
    public static readonly ErrorCode FileMissing = new("file.missing", 404, Contracts.ExitCode.NotFound, "A file the run needs is not in the configuration repository");
    public static readonly ErrorCode RepositoryMissing = new("repository.missing", 404, Contracts.ExitCode.NotFound, "The configuration repository is not where the settings say");
    public static readonly ErrorCode RepositoryUnreadable = new("repository.unreadable", 422, Contracts.ExitCode.Configuration, "The configuration repository, or a file in it, cannot be read");
    public static readonly ErrorCode RepositoryNoGit = new("repository.no_git", 409, Contracts.ExitCode.Configuration, "The configuration repository is no git checkout that could be brought up to date");
    public static readonly ErrorCode RepositoryLocalWork = new("repository.local_work", 409, Contracts.ExitCode.Failed, "A sync would overwrite changes or commits that only this checkout has");
    public static readonly ErrorCode RepositoryBusy = new("repository.busy", 409, Contracts.ExitCode.Locked, "Running jobs read the configuration repository; they are named");
    public static readonly ErrorCode RepositoryExists = new("repository.exists", 409, Contracts.ExitCode.Failed, "A new repository cannot be made here: the folder holds something");
    public static readonly ErrorCode RepositoryNotMade = new("repository.not_made", 500, Contracts.ExitCode.Failed, "A new repository could not be made; nothing is left of it");
    public static readonly ErrorCode ReleaseUnknown = new("release.unknown", 404, Contracts.ExitCode.NotFound, "There is no OSISM release of this version; the known ones are named");
    public static readonly ErrorCode RemoteUnreachable = new("remote.unreachable", 502, Contracts.ExitCode.Unreachable, "The remote of the configuration repository does not answer, refuses, or lacks the branch");
    public static readonly ErrorCode YamlBroken = new("yaml.broken", 422, Contracts.ExitCode.Configuration, "A YAML file cannot be parsed; file and line are named");
    public static readonly ErrorCode ConfigurationBroken = new("configuration.broken", 422, Contracts.ExitCode.Configuration, "A file of the repository is not of the form it must have");
    public static readonly ErrorCode LockHeld = new("lock.held", 409, Contracts.ExitCode.Locked, "A lock stands in the way; holder and time are named");
    public static readonly ErrorCode LockNotFound = new("lock.not_found", 404, Contracts.ExitCode.NotFound, "There is no lock with this id");
    public static readonly ErrorCode HostUnknown = new("host.unknown", 404, Contracts.ExitCode.NotFound, "The inventory has no such host or group");
    public static readonly ErrorCode VariableUnknown = new("variable.unknown", 404, Contracts.ExitCode.NotFound, "The host has no such variable");
    public static readonly ErrorCode FactsMissing = new("facts.missing", 404, Contracts.ExitCode.NotFound, "The facts of the host were never gathered");
    public static readonly ErrorCode FactUnknown = new("fact.unknown", 404, Contracts.ExitCode.NotFound, "The host has no such fact");
    public static readonly ErrorCode FactsOld = new("facts.old", 409, Contracts.ExitCode.Failed, "Facts of hosts are missing or old, and the setting facts.policy refuses roles then");
    public static readonly ErrorCode FactCacheAway = new("facts.cache_away", 502, Contracts.ExitCode.Away, "The Redis with Ansible's fact cache does not answer");
    public static readonly ErrorCode LimitTooNarrow = new("limit.too_narrow", 409, Contracts.ExitCode.Usage, "The limit leaves out hosts without which the role does harm; they are named");
    public static readonly ErrorCode VaultSealed = new("vault.sealed", 409, Contracts.ExitCode.Vault, "The run needs the vault password and none is set");
    public static readonly ErrorCode VaultWrongPassword = new("vault.wrong_password", 409, Contracts.ExitCode.Vault, "The vault password does not open a file");
    public static readonly ErrorCode VaultBroken = new("vault.broken", 422, Contracts.ExitCode.Configuration, "A vault file is damaged or of an unknown format");
    public static readonly ErrorCode JobNotFound = new("job.not_found", 404, Contracts.ExitCode.NotFound, "There is no job with this id");
    public static readonly ErrorCode RecordNotFound = new("record.not_found", 404, Contracts.ExitCode.NotFound, "Nothing was recorded under this number");
    public static readonly ErrorCode JobWrongState = new("job.wrong_state", 409, Contracts.ExitCode.Failed, "The job's state does not allow this");
    public static readonly ErrorCode JobParentFailed = new("parent.failed", 409, Contracts.ExitCode.Cancelled, "A job this one waits for did not succeed");
    public static readonly ErrorCode JobCancelled = new("job.cancelled", 409, Contracts.ExitCode.Cancelled, "Somebody ended the job");
    public static readonly ErrorCode JobReplaced = new("job.replaced", 409, Contracts.ExitCode.Cancelled, "A later job took its place by the policy of its lock key");
    public static readonly ErrorCode JobTimedOut = new("job.timed_out", 409, Contracts.ExitCode.TimedOut, "The job ran longer than its --task-timeout");
    public static readonly ErrorCode JobLost = new("job.lost", 409, Contracts.ExitCode.Lost, "The job's processes are gone and left no exit record");
    public static readonly ErrorCode JobDisconnected = new("job.disconnected", 409, Contracts.ExitCode.Lost, "The job's worker cannot be reached");
    public static readonly ErrorCode JobUnattended = new("job.unattended", 409, Contracts.ExitCode.Lost, "The job goes on, but its worker cannot follow it at the moment; the message says why");
    public static readonly ErrorCode JobCancelFailed = new("job.cancel_failed", 409, Contracts.ExitCode.Cancelled, "Processes of a job that was to be ended would not die");
    public static readonly ErrorCode RoleIsCollection = new("role.is_collection", 409, Contracts.ExitCode.Usage, "The name is that of a collection, which is submitted as a run of its own");
    public static readonly ErrorCode CollectionNotFound = new("collection.not_found", 404, Contracts.ExitCode.NotFound, "There is no collection of this name");
    public static readonly ErrorCode CollectionBroken = new("collection.broken", 422, Contracts.ExitCode.Configuration, "The graph of a collection is not one: a cycle, an unknown node, a name twice, a field that does not exist");
    public static readonly ErrorCode CollectionRunNotFound = new("collection.run_not_found", 404, Contracts.ExitCode.NotFound, "There is no run of a collection with this id");
    public static readonly ErrorCode CollectionRunWrongState = new("collection.wrong_state", 409, Contracts.ExitCode.Failed, "The state of the collection's run does not allow this");
    public static readonly ErrorCode RunFailed = new("run.failed", 409, Contracts.ExitCode.Failed, "The play failed on a host, or Ansible refused it");
    public static readonly ErrorCode RunUnreachable = new("run.unreachable", 409, Contracts.ExitCode.Unreachable, "Hosts could not be reached and none failed");
    public static readonly ErrorCode RunStartFailed = new("run.start_failed", 500, Contracts.ExitCode.Failed, "The run's process could not be started");
    public static readonly ErrorCode ScheduleUnknown = new("schedule.unknown", 404, Contracts.ExitCode.NotFound, "There is no schedule of this name");
    public static readonly ErrorCode ScheduleUnavailable = new("schedule.unavailable", 409, Contracts.ExitCode.Failed, "The manager cannot run what the schedule names");
    public static readonly ErrorCode ServiceUnknown = new("service.unknown", 404, Contracts.ExitCode.NotFound, "There is no service of this name");
    public static readonly ErrorCode ReceiverUnknown = new("receiver.unknown", 404, Contracts.ExitCode.NotFound, "There is no receiver of notifications of this name");
    public static readonly ErrorCode ReceiverFailed = new("receiver.failed", 502, Contracts.ExitCode.Failed, "A receiver did not take a notification");
    public static readonly ErrorCode RequestInvalid = new("request.invalid", 400, Contracts.ExitCode.Usage, "The request or the command line is not of the form it must have");
    public static readonly ErrorCode RequestKeyReused = new("request.key_reused", 409, Contracts.ExitCode.Usage, "The Idempotency-Key was used for another submission");
    public static readonly ErrorCode AccessDenied = new("access.denied", 403, Contracts.ExitCode.Denied, "This caller may not do this");
    public static readonly ErrorCode TokenInvalid = new("token.invalid", 403, Contracts.ExitCode.Denied, "The token to join with is unknown, used or expired");
    public static readonly ErrorCode WorkerNotJoined = new("worker.not_joined", 403, Contracts.ExitCode.Denied, "This machine does not belong to the installation yet");
    public static readonly ErrorCode WorkerNotFound = new("worker.not_found", 404, Contracts.ExitCode.NotFound, "There is no worker with this name");
    public static readonly ErrorCode SnapshotMissing = new("snapshot.missing", 409, Contracts.ExitCode.Configuration, "The configuration repository could not be handed to a worker on another machine");
    public static readonly ErrorCode VersionsUnavailable = new("versions.unavailable", 502, Contracts.ExitCode.Unreachable, "The image with the versions of a release, or the description of the release, cannot be had");
    public static readonly ErrorCode ProgramMissing = new("program.missing", 404, Contracts.ExitCode.NotFound, "A program of another package that the command needs is not installed on this machine");
    public static readonly ErrorCode LogsAway = new("logs.away", 502, Contracts.ExitCode.Unreachable, "The central log store does not answer, or is none");
    public static readonly ErrorCode ManagerAway = new("manager.away", 503, Contracts.ExitCode.Away, "The manager does not answer on its socket");
    public static readonly ErrorCode DatabaseAway = new("database.away", 503, Contracts.ExitCode.Away, "The manager's database does not answer");
    public static readonly ErrorCode DatabaseVersion = new("database.version", 503, Contracts.ExitCode.Away, "The database folder was made by another PostgreSQL version");
    public static readonly ErrorCode DatabaseMissing = new("database.missing", 503, Contracts.ExitCode.Away, "PostgreSQL is not installed");
    public static readonly ErrorCode DatabaseSchema = new("database.schema", 503, Contracts.ExitCode.Away, "The tables were made by a newer manager, or by changed migrations");
    public static readonly ErrorCode DatabaseFailed = new("database.failed", 503, Contracts.ExitCode.Away, "The embedded PostgreSQL does not start; its log says more");
    public static readonly ErrorCode DatabaseFolder = new("database.folder", 503, Contracts.ExitCode.Away, "The database folder is not ours or cannot be used");
    public static readonly ErrorCode DatabaseDiskFull = new("database.disk_full", 503, Contracts.ExitCode.Away, "The disk of the database is full");
    public static readonly ErrorCode SpoolDiskFull = new("spool.disk_full", 507, Contracts.ExitCode.Failed, "The disk of the spool is full");
    public static readonly ErrorCode SettingsInvalid = new("settings.invalid", 500, Contracts.ExitCode.Usage, "A setting of the manager is out of its range");
    public static readonly ErrorCode ManagerRunning = new("manager.running", 409, Contracts.ExitCode.Failed, "Another osismd serves this folder");
    public static readonly ErrorCode ManagerBusy = new("manager.busy", 409, Contracts.ExitCode.Locked, "Jobs run, or another such command works on this manager; they are named");
    public static readonly ErrorCode BackupMissing = new("backup.missing", 404, Contracts.ExitCode.NotFound, "There is no backup of this name");
    public static readonly ErrorCode BackupFailed = new("backup.failed", 500, Contracts.ExitCode.Failed, "The backup could not be made or brought back; nothing was changed");
    public static readonly ErrorCode BackupPassphrase = new("backup.passphrase", 403, Contracts.ExitCode.Vault, "The passphrase is missing, or is not the one the backup was made with");
    public static readonly ErrorCode BackupDamaged = new("backup.damaged", 422, Contracts.ExitCode.Failed, "A file of the backup is missing, cut off or was changed");
    public static readonly ErrorCode BackupNewer = new("backup.newer", 409, Contracts.ExitCode.Failed, "The backup was made by a newer osismd");
    public static readonly ErrorCode UpgradeFailed = new("upgrade.failed", 500, Contracts.ExitCode.Failed, "The manager's tables or its program could not be brought to this version");
    public static readonly ErrorCode CommandNotYet = new("command.not_yet", 501, Contracts.ExitCode.Usage, "A command of the original that a later release brings");
    public static readonly ErrorCode WaitTimedOut = new("wait.timed_out", 408, Contracts.ExitCode.TimedOut, "The jobs had not ended when --timeout was over; they go on");
    public static readonly ErrorCode ResultNotFound = new("result.not_found", 404, Contracts.ExitCode.NotFound, "There is no result with this id");
    public static readonly ErrorCode HostUnrecorded = new("host.unrecorded", 404, Contracts.ExitCode.NotFound, "No run that is still kept touched a host of this name");
    public static readonly ErrorCode InternalError = new("internal.error", 500, Contracts.ExitCode.Internal, "A fault of the manager; its log says more");

    /// <summary>All codes by their text.</summary>
    public static FrozenDictionary<string, ErrorCode> All { get; } = new[]
    {
        RoleUnknown, EnvironmentMissing, RuntimeMissing, RuntimeUnusable, FileMissing, RepositoryMissing, RepositoryUnreadable, RepositoryNoGit, RepositoryLocalWork, RepositoryBusy, RepositoryExists, RepositoryNotMade, ReleaseUnknown, RemoteUnreachable, YamlBroken,
        ConfigurationBroken, LockHeld, LockNotFound, HostUnknown, VariableUnknown, FactsMissing, FactUnknown, FactsOld, FactCacheAway, LimitTooNarrow, VaultSealed, VaultWrongPassword, VaultBroken, JobNotFound, RecordNotFound, JobWrongState, JobParentFailed,
        JobCancelled, JobReplaced, JobTimedOut, JobLost, JobDisconnected, JobUnattended, JobCancelFailed, RunFailed, RunUnreachable, RunStartFailed, ScheduleUnknown, ScheduleUnavailable, ServiceUnknown, ReceiverUnknown, ReceiverFailed, RequestInvalid, RequestKeyReused,
        AccessDenied, TokenInvalid, WorkerNotJoined, WorkerNotFound, SnapshotMissing, VersionsUnavailable, ProgramMissing, LogsAway, ManagerAway, DatabaseAway, DatabaseVersion, DatabaseMissing, DatabaseSchema, DatabaseFailed, DatabaseFolder, DatabaseDiskFull, SpoolDiskFull, SettingsInvalid,
        RoleIsCollection, CollectionNotFound, CollectionBroken, CollectionRunNotFound, CollectionRunWrongState,
        ManagerRunning, ManagerBusy, BackupMissing, BackupFailed, BackupPassphrase, BackupDamaged, BackupNewer, UpgradeFailed, CommandNotYet, WaitTimedOut, InternalError, ResultNotFound, HostUnrecorded,
    }.ToFrozenDictionary(code => code.Code, StringComparer.Ordinal);
}
