using Npgsql;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>The pod's secrets as rows, one for each member, sealed for its key.</summary>
/// <remarks>Writers take one lock, so that a secret which is forgotten is not shared again by somebody who read it a moment before.</remarks>
internal sealed class SecretStore(NpgsqlDataSource database, SealKeyFile keyFile, Sealer sealer, Members members)
{
    private const string Lock = "select pg_advisory_xact_lock(67478)";

    /// <summary>Stores a secret in the place of any earlier one, for ourselves and all members.</summary>
    /// <param name="name">Names the row and, as the seal's context, ties the blob to it. Never changes.</param>
    /// <param name="plain">The secret.</param>
    /// <param name="by">Who sets it.</param>
    /// <exception cref="SealException">Our key file cannot be used.</exception>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> plain, string by, CancellationToken cancellationToken)
    {
        var own = sealer.PublicKey;
        var keys = (await members.ListAsync(cancellationToken)).Select(member => member.Key).Where(key => key.Fingerprint != own.Fingerprint).Prepend(own).ToList();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with earlier as (delete from sealed_secret where name = $1 and recipient <> all ($2))
            insert into sealed_secret (name, recipient, sealed, updated_at, updated_by)
            select $1, recipient, sealed, at, $4 from unnest($2, $3) as given (recipient, sealed), (select osism_now() as at) now
            on conflict (name, recipient) do update set sealed = excluded.sealed, updated_at = excluded.updated_at, updated_by = excluded.updated_by
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = keys.Select(key => key.Fingerprint).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = keys.Select(key => Sealer.Seal(key, plain.Span, name)).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = by });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The secret; null when there is none for us.</summary>
    /// <exception cref="SealException">It is there and cannot be opened.</exception>
    public async Task<byte[]?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!keyFile.Exists)
            return null;
        await using var command = database.CreateCommand("select sealed from sealed_secret where name = $1 and recipient = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = sealer.PublicKey.Fingerprint });
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] blob ? sealer.Open(blob, name) : null;
    }

    /// <summary>Who stored a secret, and when; null when there is none for us.</summary>
    public async Task<(string By, DateTimeOffset At)?> FindAuthorAsync(string name, CancellationToken cancellationToken)
    {
        if (!keyFile.Exists)
            return null;
        await using var command = database.CreateCommand("select updated_by, updated_at from sealed_secret where name = $1 and recipient = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = sealer.PublicKey.Fingerprint });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1)) : null;
    }

    /// <summary>Forgets a secret, everybody's.</summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        await using var command = new NpgsqlCommand("delete from sealed_secret where name = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        var removed = await command.ExecuteNonQueryAsync(cancellationToken) > 0;
        await transaction.CommitAsync(cancellationToken);
        return removed;
    }

    /// <summary>Seals what we can open for members that lack it, or have an older one.</summary>
    /// <returns>How many rows were written.</returns>
    /// <exception cref="SealException">Our key file cannot be used, or a row for us is damaged.</exception>
    public async Task<int> ShareAsync(CancellationToken cancellationToken)
    {
        if (!keyFile.Exists)
            return 0;
        var own = sealer.PublicKey.Fingerprint;
        if ((await MissingAsync(own, cancellationToken)).Count == 0)
            return 0;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        var written = 0;
        foreach (var missing in await MissingAsync(own, cancellationToken))
        {
            await using var command = new NpgsqlCommand(
                """
                insert into sealed_secret (name, recipient, sealed, updated_at, updated_by)
                select $1, $2, $3, updated_at, updated_by from sealed_secret where name = $1 and recipient = $4
                on conflict (name, recipient) do update set sealed = excluded.sealed, updated_at = excluded.updated_at, updated_by = excluded.updated_by
                """,
                connection);
            command.Parameters.Add(new NpgsqlParameter { Value = missing.Name });
            command.Parameters.Add(new NpgsqlParameter { Value = missing.Recipient.Fingerprint });
            command.Parameters.Add(new NpgsqlParameter { Value = Sealer.Seal(missing.Recipient, sealer.Open(missing.Sealed, missing.Name), missing.Name) });
            command.Parameters.Add(new NpgsqlParameter { Value = own });
            written += await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return written;
    }

    /// <summary>What was sealed for us, and whether there is anything that could be.</summary>
    public async Task<(int Ours, bool Any)> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select count(*) filter (where recipient = $1), count(*) from sealed_secret");
        command.Parameters.Add(new NpgsqlParameter { Value = keyFile.Exists ? sealer.PublicKey.Fingerprint : "" });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return ((int)reader.GetInt64(0), reader.GetInt64(1) > 0);
    }

    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Lock, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<MissingSecret>> MissingAsync(string own, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select mine.name, mine.sealed, member.point
            from sealed_secret mine
            join member on member.removed_at is null and member.fingerprint <> $1
            where mine.recipient = $1 and not exists (
                select 1 from sealed_secret theirs
                where theirs.name = mine.name and theirs.recipient = member.fingerprint and theirs.updated_at >= mine.updated_at)
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = own });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var missing = new List<MissingSecret>();
        while (await reader.ReadAsync(cancellationToken))
            missing.Add(new MissingSecret(reader.GetString(0), reader.GetFieldValue<byte[]>(1), SealPublicKey.Read(reader.GetFieldValue<byte[]>(2))));
        return missing;
    }

    private sealed record MissingSecret(string Name, byte[] Sealed, SealPublicKey Recipient);
}
