using Osism.Contracts;
using Osism.Contracts.Runs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Ansible;

/// <summary>What happens to a run whose limit leaves out hosts that its role needs. Section <c>limit</c>.</summary>
internal sealed class LimitOptions
{
    public const string Section = "limit";

    /// <summary>Default <c>refuse</c>; a submission may say otherwise for itself.</summary>
    public LimitPolicy Policy { get; set; } = LimitPolicy.Refuse;

    /// <summary>The policy of a submission.</summary>
    /// <param name="asked">As it came; null = this one.</param>
    /// <exception cref="OsismException"><c>request.invalid</c>: there is no such policy.</exception>
    public LimitPolicy Of(string? asked) => asked switch
    {
        null => Policy,
        LimitPolicies.Refuse => LimitPolicy.Refuse,
        LimitPolicies.Widen => LimitPolicy.Widen,
        LimitPolicies.Allow => LimitPolicy.Allow,
        _ => throw new OsismException(ErrorCodes.RequestInvalid, $"limit_policy is '{asked}': it must be {string.Join(", ", LimitPolicies.All)}"),
    };
}

/// <summary>See <see cref="LimitOptions.Policy"/>.</summary>
internal enum LimitPolicy
{
    /// <summary>It is not taken; a role of danger <c>none</c>, and a dry run, are warned of only.</summary>
    Refuse,

    /// <summary>It runs on all hosts of the role, with a warning.</summary>
    Widen,

    /// <summary>It runs as it was asked for, with a warning.</summary>
    Allow,
}
