using Dapper;
using Npgsql;
using NpgsqlTypes;
using Osism.Contracts.Jobs;

namespace Osism.Daemon.Ansible.Snapshots;

/// <summary>The tables of repository snapshots.</summary>
internal sealed class SnapshotStore(NpgsqlDataSource database)
{
    // Bytes of file contents in one statement.
    private const int Portion = 8 * 1024 * 1024;

    /// <summary>Number of the snapshot with this content in this state, null when there is none.</summary>
    public async Task<long?> FindAsync(string hash, ConfigurationInfo state, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            "select id from repository_snapshot where hash = @hash and commit is not distinct from @Commit and dirty is not distinct from @Dirty",
            new { hash, state.Commit, state.Dirty }, cancellationToken: cancellationToken));
    }

    /// <summary>Stores a tree. When another manager was faster with the same one, its number is given.</summary>
    /// <param name="tree">What lies there.</param>
    /// <param name="state">Commit and whether the work tree differs from it.</param>
    /// <param name="read">Gives the bytes of an entry.</param>
    /// <returns>Null when a file has changed since the tree was read.</returns>
    public async Task<long?> AddAsync(
        RepositoryTree tree, ConfigurationInfo state, Func<RepositoryEntry, CancellationToken, Task<byte[]?>> read, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await AddFilesAsync(connection, tree, read, cancellationToken))
            return null;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var id = await connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            """
            insert into repository_snapshot (hash, commit, dirty, left_out, created_at) values (@Hash, @Commit, @Dirty, @leftOut, osism_now())
            on conflict do nothing returning id
            """,
            new { tree.Hash, state.Commit, state.Dirty, leftOut = tree.LeftOut.ToArray() }, transaction, cancellationToken: cancellationToken));
        if (id is { } number)
        {
            await using (var rows = await connection.BeginBinaryImportAsync(
                "copy repository_entry (snapshot, path, kind, hash, target) from stdin (format binary)", cancellationToken))
            {
                foreach (var entry in tree.Entries)
                {
                    await rows.StartRowAsync(cancellationToken);
                    await rows.WriteAsync(number, NpgsqlDbType.Bigint, cancellationToken);
                    await rows.WriteAsync(entry.Path, NpgsqlDbType.Text, cancellationToken);
                    await rows.WriteAsync((short)entry.Kind, NpgsqlDbType.Smallint, cancellationToken);
                    await rows.WriteAsync(entry.Hash, NpgsqlDbType.Bytea, cancellationToken);
                    await rows.WriteAsync(entry.Target, NpgsqlDbType.Text, cancellationToken);
                }

                await rows.CompleteAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return number;
        }

        await transaction.RollbackAsync(cancellationToken);
        return await FindAsync(tree.Hash, state, cancellationToken);
    }

    /// <summary>Says what a manager's repository is now.</summary>
    public async Task SetHeadAsync(string origin, long snapshot, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into repository_head (origin, snapshot, checked_at) values (@origin, @snapshot, osism_now())
            on conflict (origin) do update set snapshot = excluded.snapshot, checked_at = excluded.checked_at
            """,
            new { origin, snapshot }, cancellationToken: cancellationToken));
    }

    /// <summary>What a manager's repository is now; null when it never said so.</summary>
    public async Task<SnapshotHead?> FindHeadAsync(string origin, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<SnapshotHead>(new CommandDefinition(
            """
            select id as "Id", hash as "Hash", commit as "Commit", dirty as "Dirty", left_out as "LeftOut", checked_at as "CheckedAt"
            from repository_head join repository_snapshot on id = snapshot where origin = @origin
            """,
            new { origin }, cancellationToken: cancellationToken));
    }

    /// <summary>Everything in a snapshot, folders before what is in them.</summary>
    public async Task<IReadOnlyList<SnapshotEntry>> ReadAsync(long snapshot, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<SnapshotEntry>(new CommandDefinition(
            """select path as "Path", kind as "Kind", hash as "Hash", target as "Target" from repository_entry where snapshot = @snapshot order by path collate "C" """,
            new { snapshot }, cancellationToken: cancellationToken))).AsList();
    }

    /// <summary>The content of a file; null when nobody stored it.</summary>
    public async Task<byte[]?> ReadFileAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<byte[]?>(new CommandDefinition(
            "select content from repository_file where hash = @hash", new { hash }, cancellationToken: cancellationToken));
    }

    /// <summary>Deletes snapshots that are nobody's present repository and older than <paramref name="age"/>, and the files that only they had.</summary>
    public async Task<int> ForgetAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var forgotten = await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from repository_snapshot where created_at < osism_now() - @age and not exists (select 1 from repository_head where snapshot = id)
            """,
            new { age }, cancellationToken: cancellationToken));
        if (forgotten > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "delete from repository_file file where not exists (select 1 from repository_entry entry where entry.hash = file.hash)",
                cancellationToken: cancellationToken));
        }

        return forgotten;
    }

    private static async Task<bool> AddFilesAsync(
        NpgsqlConnection connection, RepositoryTree tree, Func<RepositoryEntry, CancellationToken, Task<byte[]?>> read, CancellationToken cancellationToken)
    {
        var files = tree.Entries.Where(entry => entry.Hash is not null).DistinctBy(entry => Convert.ToHexString(entry.Hash!)).ToList();
        var missing = (await connection.QueryAsync<byte[]>(new CommandDefinition(
            "select hash from unnest(@hashes) hash where not exists (select 1 from repository_file where repository_file.hash = hash.hash)",
            new { hashes = files.Select(file => file.Hash!).ToArray() }, cancellationToken: cancellationToken))).Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        var portion = new List<(byte[] Hash, byte[] Content)>();
        foreach (var file in files.Where(file => missing.Contains(Convert.ToHexString(file.Hash!))))
        {
            if (await read(file, cancellationToken) is not { } content)
                return false;
            portion.Add((file.Hash!, content));
            if (portion.Sum(part => (long)part.Content.Length) >= Portion)
                await FlushAsync();
        }

        await FlushAsync();
        return true;

        async Task FlushAsync()
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into repository_file (hash, content) select * from unnest(@hashes, @contents) on conflict do nothing",
                new { hashes = portion.ConvertAll(part => part.Hash).ToArray(), contents = portion.ConvertAll(part => part.Content).ToArray() },
                cancellationToken: cancellationToken));
            portion.Clear();
        }
    }
}

/// <summary>What a manager's repository is.</summary>
internal sealed record SnapshotHead
{
    public long Id { get; init; }

    public string Hash { get; init; } = "";

    public string? Commit { get; init; }

    public bool? Dirty { get; init; }

    public string[] LeftOut { get; init; } = [];

    /// <summary>When the manager last found it to be so.</summary>
    public DateTimeOffset CheckedAt { get; init; }
}

/// <summary>One row of a snapshot.</summary>
internal sealed record SnapshotEntry
{
    public string Path { get; init; } = "";

    public RepositoryEntryKind Kind { get; init; }

    public byte[]? Hash { get; init; }

    public string? Target { get; init; }
}
