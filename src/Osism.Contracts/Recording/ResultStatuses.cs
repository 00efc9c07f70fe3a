namespace Osism.Contracts.Recording;

/// <summary>Statuses of results as they are shown and asked for.</summary>
public static class ResultStatuses
{
    public const string Ok = "ok";
    public const string Changed = "changed";
    public const string Failed = "failed";
    public const string Ignored = "ignored";
    public const string Unreachable = "unreachable";
    public const string Skipped = "skipped";

    /// <summary>Those one can ask for.</summary>
    public static IReadOnlyList<string> All { get; } = [Ok, Changed, Failed, Ignored, Unreachable, Skipped];
}
