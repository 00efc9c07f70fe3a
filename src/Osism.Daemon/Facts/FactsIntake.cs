using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Facts;

/// <summary>Takes in what <see cref="FactsWriter"/> left: compares it with what is known, and keeps what it replaces.</summary>
internal sealed partial class FactsIntake(NpgsqlDataSource database, IOptions<FactsOptions> options, ILogger<FactsIntake> log)
{
    // Of whatever size: a batch holds the documents in memory.
    private const int Batch = 20;

    // One takes in at a time: two could not know the same host.
    private const long OneAtATime = 0x4F53_4641_4354;

    private readonly Regex? _volatile = NamesOf(options.Value.Volatile);

    /// <summary>Whether a fact changes all the time.</summary>
    public bool IsVolatile(string name) => _volatile?.IsMatch(name) == true;

    /// <summary>Takes in everything there is. Readers call it first, so that they see what a job that has ended found.</summary>
    /// <returns>How many documents that were.</returns>
    public async Task<int> TakeInAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from fact_inbox)", cancellationToken: cancellationToken)))
            return 0;
        int taken, all = 0;
        do
        {
            taken = await TakeBatchAsync(connection, cancellationToken);
            all += taken;
        }
        while (taken == Batch);
        return all;
    }

    private async Task<int> TakeBatchAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(@OneAtATime)", new { OneAtATime }, transaction, cancellationToken: cancellationToken));
        var inbox = (await connection.QueryAsync<Inbox>(new CommandDefinition(
            """
            with taken as (delete from fact_inbox where id in (select id from fact_inbox order by id limit @Batch) returning id, host, source, at, job, document)
            select host, source, at, job, document from taken order by id
            """,
            new { Batch }, transaction, cancellationToken: cancellationToken))).AsList();
        if (inbox.Count == 0)
            return 0;
        var known = await KnownAsync(connection, inbox, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var group in inbox.GroupBy(seen => (seen.Host, seen.Source)))
        {
            var before = known.GetValueOrDefault(group.Key, FactSet.Empty);
            var (now, replaced) = (before, new List<ReplacedFact>());
            foreach (var seen in group)
            {
                if (FactSet.Read(seen.Document, Time(seen.At), seen.Job) is not { } set)
                {
                    Log.NoFacts(log, seen.Host, seen.Source, seen.Document.Length);
                    continue;
                }

                (now, var old) = now.With(set);
                replaced.AddRange(old);
            }

            if (now != before)
                batch.BatchCommands.Add(FactRows.Save(group.Key.Host, group.Key.Source, now));
            AddHistory(batch, group.Key.Host, [.. replaced.Where(old => !IsVolatile(old.Old.Name))]);
        }

        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return inbox.Count;
    }

    private static async Task<Dictionary<(string, string), FactSet>> KnownAsync(NpgsqlConnection connection, List<Inbox> inbox, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select host, source, {FactRows.Columns} from fact_set where (host, source) in (select * from unnest(@hosts, @sources))", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]>("hosts", [.. inbox.Select(seen => seen.Host)]),
                new NpgsqlParameter<string[]>("sources", [.. inbox.Select(seen => seen.Source)]),
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var known = new Dictionary<(string, string), FactSet>();
        while (await row.ReadAsync(cancellationToken))
            known[(row.GetString(0), row.GetString(1))] = FactRows.Read(row, 2);
        return known;
    }

    private void AddHistory(NpgsqlBatch batch, string host, ReplacedFact[] replaced)
    {
        if (replaced.Length == 0 || options.Value.History == 0)
            return;
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into fact_history (host, name, since, until, job, bytes, value)
            select @host, * from unnest(@names, @since, @until, @jobs, @bytes, @values) on conflict do nothing
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string>("host", host),
                new NpgsqlParameter<string[]>("names", [.. replaced.Select(old => old.Old.Name)]),
                new NpgsqlParameter<DateTime[]>("since", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { TypedValue = [.. replaced.Select(old => old.Old.ChangedAt.UtcDateTime)] },
                new NpgsqlParameter<DateTime[]>("until", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { TypedValue = [.. replaced.Select(old => old.Until.UtcDateTime)] },
                new NpgsqlParameter<Guid?[]>("jobs", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { TypedValue = [.. replaced.Select(old => old.Old.Job)] },
                new NpgsqlParameter<int[]>("bytes", [.. replaced.Select(old => old.Old.Value.Length)]),
                new NpgsqlParameter<byte[]?[]>("values", NpgsqlDbType.Array | NpgsqlDbType.Bytea)
                {
                    TypedValue = [.. replaced.Select(old => old.Old.Value.Length > options.Value.HistoryValueBytes ? null : old.Old.Value.ToArray())],
                },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            delete from fact_history gone using (
                select name, since, row_number() over (partition by name order by since desc) as age from fact_history where host = @host and name = any(@names)) kept
            where gone.host = @host and gone.name = kept.name and gone.since = kept.since and kept.age > @history
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string>("host", host),
                new NpgsqlParameter<string[]>("names", [.. replaced.Select(old => old.Old.Name).Distinct(StringComparer.Ordinal)]),
                new NpgsqlParameter<int>("history", options.Value.History),
            },
        });
    }

    private static Regex? NamesOf(string patterns)
    {
        var names = patterns.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length == 0
            ? null
            : new Regex($"^(?:{string.Join('|', names.Select(name => Regex.Escape(name).Replace("\\*", ".*", StringComparison.Ordinal)))})$",
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    private static DateTimeOffset Time(DateTime utc) => new(DateTime.SpecifyKind(utc, DateTimeKind.Utc));

    private sealed record Inbox(string Host, string Source, DateTime At, Guid? Job, byte[] Document);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Facts of {Host} from {Source} are no JSON object and are left out ({Bytes} bytes)")]
        public static partial void NoFacts(ILogger logger, string host, string source, int bytes);
    }
}
