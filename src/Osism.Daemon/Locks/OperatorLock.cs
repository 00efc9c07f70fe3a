using System.Globalization;
using Osism.Contracts;
using Osism.Contracts.Locks;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Locks;

/// <summary>A row of <c>operator_lock</c>: a lock somebody set.</summary>
internal sealed record OperatorLock
{
    public const string Columns = "id, scope, environment, role, hosts, owner, placed_by, reason, since, until";

    public Guid Id { get; init; }

    public string Scope { get; init; } = "";

    public string? Environment { get; init; }

    public string? Role { get; init; }

    public string[]? Hosts { get; init; }

    public string Owner { get; init; } = "";

    /// <summary>Who asked for it.</summary>
    public string PlacedBy { get; init; } = "";

    public string? Reason { get; init; }

    public DateTimeOffset Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public LockInfo ToInfo() => new(Id.ToString(), Scope, Owner, Reason, Since, Until, LockInfo.FromOperator, null);

    /// <summary>The refusal that names the holder.</summary>
    public OsismException ToException()
    {
        var until = Until is { } end ? string.Create(CultureInfo.InvariantCulture, $" until {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC") : "";
        return new OsismException(
            ErrorCodes.LockHeld,
            string.Create(CultureInfo.InvariantCulture, $"{Scope} is locked by {Owner} since {Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC{until}{(Reason is null ? "" : $": {Reason}")} ('osism unlock --id {Id}' takes it away)"))
        {
            Holder = Owner,
            Since = Since,
        };
    }
}
