namespace Osism.Contracts.Runs;

/// <summary>What happens to a run whose limit leaves out hosts that its role needs.</summary>
public static class LimitPolicies
{
    /// <summary>It is not taken (<c>limit.too_narrow</c>).</summary>
    public const string Refuse = "refuse";

    /// <summary>It runs on all hosts of the role.</summary>
    public const string Widen = "widen";

    /// <summary>It runs as it was asked for.</summary>
    public const string Allow = "allow";

    public static readonly IReadOnlyList<string> All = [Refuse, Widen, Allow];
}
