using System.Text.Json.Serialization;
using Osism.Contracts.Jobs;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Jobs;

/// <summary>Kinds of jobs.</summary>
internal static class JobKinds
{
    /// <summary>A playbook in a process of its own.</summary>
    public const string Ansible = "ansible";

    /// <summary>A program named by the configuration repository, in a process of its own.</summary>
    public const string Command = "command";

    /// <summary>Work of the manager on itself, by its own program in a process of its own: a backup.</summary>
    public const string Manager = "manager";

    /// <summary>Nothing, in the worker's process: for measuring the queue.</summary>
    public const string Noop = "noop";
}

/// <summary>JSON inside rows of the job table. Names are frozen: rows are read by later versions.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(ManagerRequest))]
[JsonSerializable(typeof(List<ReasonInfo>))]
internal sealed partial class JobsJson : JsonSerializerContext;
