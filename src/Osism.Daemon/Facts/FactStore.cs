using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Facts;

/// <summary>Reads and resets what is known of hosts.</summary>
internal sealed class FactStore(NpgsqlDataSource database, FactsIntake intake)
{
    /// <summary>Stands for all hosts in <c>fact_reset</c>; no host has this name.</summary>
    internal const string Everyone = "*";

    // The module setup tells how old the facts of a host are; a filtered gathering makes only some of them new.
    private const string Ages = """
        select s.host, coalesce(max(coalesce(s.complete_at, s.gathered_at)) filter (where s.source = 'setup'), max(s.gathered_at)) as gathered_at,
            (array_agg(s.job order by s.source <> 'setup', s.gathered_at desc))[1] as job, sum(cardinality(s.names))::int as facts, sum(s.bytes::bigint)::bigint as bytes,
            (select max(at) from fact_reset r where r.host in (s.host, '*')) as reset_at
        from fact_set s
        where @hosts::text[] is null or s.host = any(@hosts)
        group by s.host order by s.host
        """;

    /// <summary>How old the facts of hosts are, of those that have any.</summary>
    /// <param name="hosts">Null = all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<FactAge>> AgesAsync(IReadOnlyList<string>? hosts, CancellationToken cancellationToken)
    {
        await intake.TakeInAsync(cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<AgeRow>(new CommandDefinition(Ages, new { hosts = hosts?.ToArray() }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new FactAge(row.Host, Time(row.GatheredAt), row.Job, row.Facts, row.Bytes, row.ResetAt is { } at && Time(at) >= Time(row.GatheredAt)))];
    }

    /// <summary>Which of these hosts have no facts, only reset ones, or only older ones.</summary>
    public async Task<IReadOnlyList<string>> StaleAsync(IReadOnlyList<string> hosts, int maxAge, CancellationToken cancellationToken)
    {
        await intake.TakeInAsync(cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(
            """
            select h.host from unnest(@hosts) as h(host)
            left join (
                select host, coalesce(max(coalesce(complete_at, gathered_at)) filter (where source = 'setup'), max(gathered_at)) as at
                from fact_set where host = any(@hosts) group by host) s using (host)
            left join fact_reset r on r.host = h.host
            where s.at is null or s.at < osism_now() - make_interval(secs => @maxAge) or s.at <= greatest(r.at, (select at from fact_reset where host = '*'))
            order by h.host
            """,
            new { hosts = hosts.ToArray(), maxAge }, cancellationToken: cancellationToken))];
    }

    /// <summary>The facts of a host by name, each from whoever found it last. Null when there are none.</summary>
    public async Task<HostFacts?> FindAsync(string host, CancellationToken cancellationToken)
    {
        await intake.TakeInAsync(cancellationToken);
        await foreach (var found in ReadAsync([host], null, cancellationToken))
            return found;
        return null;
    }

    /// <summary>The facts of many hosts, one after the other: no more than one host's are in memory.</summary>
    /// <param name="hosts">Null = all.</param>
    /// <param name="names">Only hosts with one of these facts; null = all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<HostFacts> ReadAsync(
        IReadOnlyList<string>? hosts, IReadOnlyList<string>? names, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""
            select s.host, (select max(at) from fact_reset where host in (s.host, '{Everyone}')), {FactRows.Columns} from fact_set s
            where (@hosts is null or s.host = any(@hosts)) and (@names is null or s.names && @names)
            order by s.host, s.gathered_at
            """,
            connection)
        {
            Parameters =
            {
                FactRows.Optional("hosts", NpgsqlDbType.Array | NpgsqlDbType.Text, hosts?.ToArray()),
                FactRows.Optional("names", NpgsqlDbType.Array | NpgsqlDbType.Text, names?.ToArray()),
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        HostFacts? last = null;
        while (await row.ReadAsync(cancellationToken))
        {
            var host = row.GetString(0);
            if (last is not null && last.Host != host)
            {
                yield return last;
                last = null;
            }

            last ??= new HostFacts(host, row.IsDBNull(1) ? null : Time(row.GetDateTime(1)));
            last.Add(FactRows.Read(row, 2));
        }

        if (last is not null)
            yield return last;
    }

    /// <summary>What a fact was, the latest first, without what it is.</summary>
    public async Task<IReadOnlyList<FactVersion>> HistoryAsync(string host, string name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<VersionRow>(new CommandDefinition(
            "select since, until, job, bytes, value from fact_history where host = @host and name = @name order by since desc", new { host, name },
            cancellationToken: cancellationToken));
        return [.. rows.Select(row => new FactVersion(Time(row.Since), Time(row.Until), row.Job, row.Bytes, row.Value is null ? null : (ReadOnlyMemory<byte>?)row.Value))];
    }

    /// <summary>From now on the facts of these hosts are not to be used.</summary>
    /// <param name="hosts">Null = of all.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ResetAsync(IReadOnlyList<string>? hosts, string by, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into fact_reset (host, at, by) select unnest(@hosts), osism_now(), @by on conflict (host) do update set at = excluded.at, by = excluded.by",
            new { hosts = hosts?.ToArray() ?? [Everyone], by }, cancellationToken: cancellationToken));
    }

    /// <summary>Names of all hosts that have facts.</summary>
    public async Task<IReadOnlyList<string>> HostsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(new CommandDefinition("select distinct host from fact_set order by host", cancellationToken: cancellationToken))];
    }

    private static DateTimeOffset Time(DateTime utc) => new(DateTime.SpecifyKind(utc, DateTimeKind.Utc));

    private sealed record AgeRow(string Host, DateTime GatheredAt, Guid? Job, int Facts, long Bytes, DateTime? ResetAt);

    private sealed record VersionRow(DateTime Since, DateTime Until, Guid? Job, int Bytes, byte[]? Value);
}

/// <summary>How old the facts of a host are.</summary>
internal sealed record FactAge(string Host, DateTimeOffset GatheredAt, Guid? Job, int Facts, long Bytes, bool IsReset);

/// <summary>A value that a fact had.</summary>
/// <param name="Value">Null: too large to be kept.</param>
internal sealed record FactVersion(DateTimeOffset Since, DateTimeOffset? Until, Guid? Job, int Bytes, ReadOnlyMemory<byte>? Value);

/// <summary>The facts of one host from all that found some.</summary>
internal sealed class HostFacts(string host, DateTimeOffset? resetAt)
{
    private readonly SortedDictionary<string, Fact> _facts = new(StringComparer.Ordinal);

    public string Host => host;

    /// <summary>When they were reset; null = never.</summary>
    public DateTimeOffset? ResetAt => resetAt;

    public IReadOnlyDictionary<string, Fact> Facts => _facts;

    /// <summary>When the latest of them was found, and by which job.</summary>
    public (DateTimeOffset At, Guid? Job) Latest { get; private set; } = (DateTimeOffset.MinValue, null);

    /// <summary>The fact a path leads into, and the rest of the path.</summary>
    public (Fact Fact, string Tail)? Find(string path)
    {
        foreach (var (name, rest) in FactValues.Heads(path))
        {
            if (_facts.TryGetValue(name, out var fact))
                return (fact, rest);
        }

        return null;
    }

    internal void Add(FactSet set)
    {
        foreach (var fact in set.Facts)
        {
            if (!_facts.TryGetValue(fact.Name, out var known) || fact.GatheredAt >= known.GatheredAt)
                _facts[fact.Name] = fact;
        }

        if (set.GatheredAt > Latest.At)
            Latest = (set.GatheredAt, set.Job);
    }
}
