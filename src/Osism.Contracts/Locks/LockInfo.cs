namespace Osism.Contracts.Locks;

/// <summary>A lock that is held.</summary>
/// <param name="Id">Of an operator's lock: a UUID, for <c>unlock --id</c>. Of a file: its path in the repository. Of a job: the lock key.</param>
/// <param name="Scope"><c>everything</c>, <c>environment/E</c>, <c>environment/E/role/R</c>, any of them with <c>/hosts/A,B</c> behind it; for a job the lock key.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Reason">Why, null when nobody said.</param>
/// <param name="Since">Since when.</param>
/// <param name="Until">When it ends by itself; null = when it is taken away, or the job ends.</param>
/// <param name="Source"><c>operator</c>, <c>repository</c> (a <c>.lock</c> file) or <c>job</c>.</param>
/// <param name="Job">The job, where one holds it.</param>
public sealed record LockInfo(
    string Id, string Scope, string Owner, string? Reason, DateTimeOffset Since, DateTimeOffset? Until, string Source, Guid? Job)
{
    /// <summary>Source of a lock that keeps new jobs from starting until somebody takes it away.</summary>
    public const string FromOperator = "operator";

    /// <summary>Source of a lock that is a file of the configuration repository.</summary>
    public const string FromRepository = "repository";

    /// <summary>Source of a lock that a job holds while it runs.</summary>
    public const string FromJob = "job";
}

/// <summary>What <c>POST /v1/locks</c> takes. Without environment, role and hosts it is a lock on everything.</summary>
public sealed record PlaceLock
{
    public string? Environment { get; init; }

    /// <summary>Role; without <see cref="Environment"/> that of the role's own.</summary>
    public string? Role { get; init; }

    /// <summary>Names of hosts and groups, with <c>*</c>, separated by commas.</summary>
    public string? Hosts { get; init; }

    public string? Reason { get; init; }

    /// <summary>Owner. Default: who asks.</summary>
    public string? User { get; init; }

    /// <summary>When it ends by itself. Default: never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The same as seconds from now.</summary>
    public int? Seconds { get; init; }
}

/// <summary>What <c>DELETE /v1/locks</c> answers.</summary>
/// <param name="Released">The locks that were taken away; none when there was none of this scope.</param>
public sealed record ReleasedLocks(IReadOnlyList<LockInfo> Released);
