namespace Osism.Daemon.Facts;

/// <summary>Facts as one task found them on one host.</summary>
/// <param name="Host">As the inventory names it.</param>
/// <param name="Action">The module, with or without its collection.</param>
/// <param name="At">When the task ended there.</param>
/// <param name="Job">Null for what no job of ours found.</param>
/// <param name="Document">One JSON object in UTF-8, masked. What JSON does not have, such as NaN, is put up with.</param>
internal sealed record SeenFacts(string Host, string Action, DateTimeOffset At, Guid? Job, ReadOnlyMemory<byte> Document)
{
    /// <summary>The source under which all that is found by gathering is kept.</summary>
    public const string Setup = "setup";

    /// <summary>The module's short name; all ways of gathering are one.</summary>
    public string Source => Action[(Action.LastIndexOf('.') + 1)..] is var name && name is "setup" or "gather_facts" ? Setup : name;
}
