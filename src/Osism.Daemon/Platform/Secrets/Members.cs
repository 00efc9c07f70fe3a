using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Osism.Contracts;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>The homes that belong to this installation: secrets are sealed for their keys and for nobody else's.</summary>
/// <remarks>The first home to use a database founds the installation; every other one comes in by a token. This keeps secrets from those who can read
/// the database (its backups, its replicas), not from those who can write it: they could as well queue a job that prints them.</remarks>
internal sealed class Members(NpgsqlDataSource database, Sealer sealer, OsismHome home)
{
    /// <summary>How long a token is good unless its maker says otherwise.</summary>
    public static readonly TimeSpan DefaultLife = TimeSpan.FromHours(1);

    /// <summary>The longest life of a token.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(7);

    private const string TokenPrefix = "osism-join-";
    private const int TokenSize = 24;
    private const long AdvisoryLock = 67477;

    /// <summary>Makes sure that others can seal for this home: founds the installation, or tells of a key that was made anew.</summary>
    /// <returns>False when this home does not belong to the installation: nothing is sealed for it.</returns>
    /// <exception cref="SealException">The key file cannot be used.</exception>
    public async Task<bool> EnterAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
        var entered = await WriteSelfAsync(
            connection, "update member set fingerprint = $2, point = $3, name = $4 where machine = $1 and removed_at is null", name, cancellationToken) == 1
            || await WriteSelfAsync(
                connection,
                """
                insert into member (machine, fingerprint, point, name, joined_at)
                select $1, $2, $3, $4, osism_now() where not exists (select 1 from member)
                """,
                name, cancellationToken) == 1;
        await transaction.CommitAsync(cancellationToken);
        return entered;
    }

    /// <summary>An invitation for one home. It is shown once; only its hash is kept.</summary>
    public async Task<(string Token, DateTimeOffset ExpiresAt)> InviteAsync(TimeSpan life, string by, CancellationToken cancellationToken)
    {
        if (life <= TimeSpan.Zero || life > LongestLife)
            throw new OsismException(ErrorCodes.RequestInvalid, $"a token can live up to {LongestLife.TotalDays:0} days");
        var token = TokenPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenSize));
        await using var command = database.CreateCommand(
            """
            with forgotten as (delete from join_token where expires_at < osism_now() - interval '30 days')
            insert into join_token (hash, created_at, created_by, expires_at) values ($1, osism_now(), $2, osism_now() + $3) returning expires_at
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = Hash(token) });
        command.Parameters.Add(new NpgsqlParameter { Value = by });
        command.Parameters.Add(new NpgsqlParameter { Value = life });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (token, reader.GetFieldValue<DateTimeOffset>(0));
    }

    /// <summary>Makes this home a member; the token is used up in the same transaction.</summary>
    /// <exception cref="OsismException"><c>token.invalid</c>: there is no such token, it was used or it has expired.</exception>
    public async Task JoinAsync(string token, string name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var use = new NpgsqlCommand(
            "update join_token set used_at = osism_now(), used_by = $2 where hash = $1 and used_at is null and expires_at > osism_now()", connection))
        {
            use.Parameters.Add(new NpgsqlParameter { Value = Hash(token) });
            use.Parameters.Add(new NpgsqlParameter { Value = Machine() });
            if (await use.ExecuteNonQueryAsync(cancellationToken) == 0)
                throw await RefusalAsync(connection, token, cancellationToken);
        }

        await WriteSelfAsync(
            connection,
            """
            insert into member (machine, fingerprint, point, name, joined_at, invited_by)
            select $1, $2, $3, $4, osism_now(), created_by from join_token where used_by = $1 order by used_at desc limit 1
            on conflict (machine) do update set fingerprint = excluded.fingerprint, point = excluded.point, name = excluded.name,
                joined_at = excluded.joined_at, invited_by = excluded.invited_by, removed_at = null
            """,
            name, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Takes a home out: no secret is sealed for it any more, and what was is deleted. What it has read it knows; change the passwords.</summary>
    /// <returns>Whether it was a member.</returns>
    public async Task<bool> RemoveAsync(string machine, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            with gone as (update member set removed_at = osism_now() where machine = $1 and removed_at is null returning fingerprint),
            sealed as (delete from sealed_secret where recipient in (select fingerprint from gone))
            select count(*) from gone
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = machine });
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }

    /// <summary>Homes by name, those that were removed left out.</summary>
    public async Task<IReadOnlyList<Member>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select machine, name, point, joined_at from member where removed_at is null order by name, joined_at");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var members = new List<Member>();
        while (await reader.ReadAsync(cancellationToken))
        {
            members.Add(new Member(
                reader.GetString(0), reader.GetString(1), SealPublicKey.Read(reader.GetFieldValue<byte[]>(2)), reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return members;
    }

    private static async Task<OsismException> RefusalAsync(NpgsqlConnection connection, string token, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select used_at, expires_at from join_token where hash = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = Hash(token) });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var why = !await reader.ReadAsync(cancellationToken) ? "this database knows no such token"
            : reader.IsDBNull(0) ? $"the token expired at {reader.GetFieldValue<DateTimeOffset>(1):u}"
            : $"the token was used at {reader.GetFieldValue<DateTimeOffset>(0):u}";
        return new OsismException(ErrorCodes.TokenInvalid, $"{why}: make another with 'osism worker token'");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<int> WriteSelfAsync(NpgsqlConnection connection, string sql, string name, CancellationToken cancellationToken)
    {
        var key = sealer.PublicKey;
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = Machine() });
        command.Parameters.Add(new NpgsqlParameter { Value = key.Fingerprint });
        command.Parameters.Add(new NpgsqlParameter { Value = key.Point.ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private string Machine() => File.ReadAllText(home.MachineFile).Trim();

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token.Trim()));
}

/// <summary>A home that belongs to the installation.</summary>
/// <param name="Machine">Identity of its <c>OSISM_HOME</c>.</param>
/// <param name="Name">Name of its worker, for people.</param>
/// <param name="Key">For which secrets are sealed.</param>
/// <param name="JoinedAt">When it came.</param>
internal sealed record Member(string Machine, string Name, SealPublicKey Key, DateTimeOffset JoinedAt);
