using Dapper;
using Npgsql;

namespace Osism.Daemon.Inventory;

/// <summary>The tables of inventory revisions and of what is in effect.</summary>
internal sealed class InventoryRevisions(NpgsqlDataSource database)
{
    /// <summary>So many of those used last are kept, whoever names them.</summary>
    private const int Latest = 10;

    private const string Columns = """
        revision, content_hash as ContentHash, commit, dirty, cause, created_at as CreatedAt, duration_ms as DurationMs, hosts, groups, findings::text as Findings
        """;

    /// <summary>How long a revision is kept that no job names: a run may be composed with it just now.</summary>
    public static TimeSpan Memory { get; } = TimeSpan.FromDays(1);

    /// <summary>Number of the revision with this content, null when it was never published. It counts as used.</summary>
    public async Task<long?> FindAsync(string contentHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            "UPDATE inventory_revision SET used_at = osism_now() WHERE content_hash = @contentHash RETURNING revision", new { contentHash }, cancellationToken: cancellationToken));
    }

    /// <summary>Stores a revision. When another manager was faster with the same content, its number is given.</summary>
    public async Task<long> AddAsync(NewRevision revision, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<long>(new CommandDefinition(
            """
            INSERT INTO inventory_revision (content_hash, archive, files, commit, dirty, cause, hosts, groups, duration_ms, findings)
            VALUES (@ContentHash, @Archive, @Files, @Commit, @Dirty, @Cause, @Hosts, @Groups, @DurationMs, @Findings::jsonb)
            ON CONFLICT (content_hash) DO UPDATE SET used_at = EXCLUDED.used_at
            RETURNING revision
            """,
            revision,
            cancellationToken: cancellationToken));
    }

    /// <summary>One revision without its content, null when there is no such number. It counts as used.</summary>
    public async Task<RevisionRow?> FindAsync(long revision, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<RevisionRow>(new CommandDefinition(
            $"UPDATE inventory_revision SET used_at = osism_now() WHERE revision = @revision RETURNING {Columns}", new { revision }, cancellationToken: cancellationToken));
    }

    /// <summary>The newest first.</summary>
    /// <param name="before">Only those with smaller numbers; null = from the newest.</param>
    public async Task<IReadOnlyList<RevisionRow>> ListAsync(int limit, long? before, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<RevisionRow>(new CommandDefinition(
            $"SELECT {Columns} FROM inventory_revision WHERE @before::bigint IS NULL OR revision < @before ORDER BY revision DESC LIMIT @limit",
            new { limit, before },
            cancellationToken: cancellationToken))];
    }

    /// <summary>The archive of a revision, null when there is no such number.</summary>
    public async Task<byte[]?> FindArchiveAsync(long revision, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<byte[]?>(new CommandDefinition(
            "SELECT archive FROM inventory_revision WHERE revision = @revision", new { revision }, cancellationToken: cancellationToken));
    }

    /// <summary>What is in effect for a manager; null before its first reconciliation.</summary>
    public async Task<InventoryHead?> FindHeadAsync(string origin, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<InventoryHead>(new CommandDefinition(
            """
            SELECT published, held, held_hash AS HeldHash, held_by AS HeldBy, held_at AS HeldAt, faults::text AS Faults, cause, duration_ms AS DurationMs, checked_at AS CheckedAt
            FROM inventory_head WHERE origin = @origin
            """,
            new { origin },
            cancellationToken: cancellationToken));
    }

    /// <summary>Says what a look at the sources gave. A rollback ends when they give something else than they did then.</summary>
    /// <param name="published">Null leaves the last one that was whole.</param>
    public async Task SetPublishedAsync(string origin, long? published, string? contentHash, string faults, string cause, int durationMs, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO inventory_head AS head (origin, published, faults, cause, duration_ms) VALUES (@origin, @published, @faults::jsonb, @cause, @durationMs)
            ON CONFLICT (origin) DO UPDATE SET
                published = coalesce(excluded.published, head.published), faults = excluded.faults, cause = excluded.cause, duration_ms = excluded.duration_ms,
                checked_at = osism_now(),
                held = CASE WHEN head.held_hash <> @contentHash THEN NULL ELSE head.held END,
                held_hash = CASE WHEN head.held_hash <> @contentHash THEN NULL ELSE head.held_hash END
            """,
            new { origin, published, contentHash, faults, cause, durationMs },
            cancellationToken: cancellationToken));
    }

    /// <summary>Holds a revision, or lets go.</summary>
    /// <param name="held">Null lets go.</param>
    /// <param name="untilOtherThan">Content the sources have; null holds it whatever they have.</param>
    public async Task HoldAsync(string origin, long? held, string? untilOtherThan, string by, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO inventory_head (origin, held, held_hash, held_by, held_at) VALUES (@origin, @held, @untilOtherThan, @by, osism_now())
            ON CONFLICT (origin) DO UPDATE SET held = excluded.held, held_hash = excluded.held_hash, held_by = excluded.held_by, held_at = excluded.held_at
            """,
            new { origin, held, untilOtherThan, by },
            cancellationToken: cancellationToken));
    }

    /// <summary>Removes revisions that no job names, that are in effect nowhere and that nobody has used for long.</summary>
    /// <returns>The numbers of those that are left.</returns>
    public async Task<HashSet<long>> PruneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            DELETE FROM inventory_revision
            WHERE used_at < osism_now() - @Memory
              AND revision NOT IN (SELECT revision FROM inventory_revision ORDER BY used_at DESC, revision DESC LIMIT @Latest)
              AND NOT EXISTS (SELECT FROM inventory_head WHERE inventory_revision.revision IN (inventory_head.published, inventory_head.held))
              AND NOT EXISTS (SELECT FROM job WHERE job.inventory_revision = inventory_revision.revision)
            """,
            new { Memory, Latest },
            cancellationToken: cancellationToken));
        return [.. await connection.QueryAsync<long>(new CommandDefinition("SELECT revision FROM inventory_revision", cancellationToken: cancellationToken))];
    }
}

/// <summary>A revision to be stored.</summary>
/// <param name="Findings">JSON array of <see cref="Contracts.Inventory.InventoryFindingInfo"/>.</param>
internal sealed record NewRevision(string ContentHash, byte[] Archive, int Files, string? Commit, bool? Dirty, string Cause, int Hosts, int Groups, int DurationMs, string Findings);

/// <summary>A stored revision without its content.</summary>
internal sealed record RevisionRow
{
    public long Revision { get; init; }

    public string ContentHash { get; init; } = "";

    public string? Commit { get; init; }

    public bool? Dirty { get; init; }

    public string Cause { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public int? DurationMs { get; init; }

    public int? Hosts { get; init; }

    public int? Groups { get; init; }

    /// <summary>JSON array.</summary>
    public string Findings { get; init; } = "[]";
}

/// <summary>What is in effect for a manager.</summary>
internal sealed record InventoryHead
{
    public long? Published { get; init; }

    public long? Held { get; init; }

    /// <summary>Null with <see cref="Held"/> set: pinned.</summary>
    public string? HeldHash { get; init; }

    public string? HeldBy { get; init; }

    public DateTimeOffset? HeldAt { get; init; }

    /// <summary>JSON array; empty when the sources of now are published.</summary>
    public string Faults { get; init; } = "[]";

    public string? Cause { get; init; }

    public int? DurationMs { get; init; }

    public DateTimeOffset CheckedAt { get; init; }

    public bool IsPinned => Held is not null && HeldHash is null;
}
