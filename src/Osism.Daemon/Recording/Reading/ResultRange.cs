using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Recording.Reading;

/// <summary>Finds rows between two numbers. The playbooks in between are known to be few enough, or an index narrows them.</summary>
internal sealed class ResultRange(NpgsqlConnection connection, ResultFilter filter)
{
    /// <param name="low">Results above this number.</param>
    /// <param name="high">Results below this number.</param>
    /// <param name="hosts">Only of hosts with these numbers; null = of all.</param>
    /// <param name="isAscending">Whether the first ones are wanted, not the last ones.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<List<ResultRow>> ReadAsync(long low, long high, long[]? hosts, bool isAscending, int limit, CancellationToken cancellationToken)
    {
        var rows = new List<ResultRow>();
        long[]? tasks = null;
        if (filter.Task is not null || filter.Role is not null)
        {
            tasks = await TasksAsync(low, high, cancellationToken);
            if (tasks.Length == 0)
            {
                return rows;
            }
        }

        await using var command = new NpgsqlCommand(Sql(filter, hosts is not null, tasks is not null, isAscending), connection);
        command.Parameters.Add(new() { ParameterName = "low", Value = low });
        command.Parameters.Add(new() { ParameterName = "high", Value = high });
        command.Parameters.Add(new() { ParameterName = "limit", Value = limit });
        Add(command, "hosts", hosts);
        Add(command, "tasks", tasks);
        Add(command, "since", filter.Since?.ToUniversalTime());
        Add(command, "until", filter.Until?.ToUniversalTime());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ResultRow.Read(reader));
        }

        return rows;
    }

    /// <summary>The statement; a test looks at its plans.</summary>
    internal static string Sql(ResultFilter filter, bool hasHosts, bool hasTasks, bool isAscending)
    {
        var where = new List<string> { "r.id > @low", "r.id < @high" };
        if (filter.IsBadOnly)
        {
            // The words of the partial index, so that the planner sees that it fits.
            where.Add("r.status in (2, 4)");
        }

        if (filter.Statuses.Count > 0)
        {
            where.Add($"({string.Join(" or ", filter.Statuses.Select(ShownStatus.Condition))})");
        }

        if (filter.Changed is { } changed)
        {
            where.Add(changed ? "r.is_changed" : "not r.is_changed");
        }

        if (hasHosts)
        {
            where.Add("r.host = any(@hosts)");
        }

        if (hasTasks)
        {
            where.Add("r.task = any(@tasks)");
        }

        if (filter.Since is not null)
        {
            where.Add("r.started >= @since");
        }

        if (filter.Until is not null)
        {
            where.Add("r.started < @until");
        }

        return $"select {ResultRow.Columns} from rec_result r where {string.Join(" and ", where)} order by r.id {(isAscending ? "asc" : "desc")} limit @limit";
    }

    /// <summary>Beforehand and as a list: it is then hashed, where a join would go through all tasks there are.</summary>
    private async Task<long[]> TasksAsync(long low, long high, CancellationToken cancellationToken)
    {
        var (first, last) = (RecordingIds.PlaybookOf(low), RecordingIds.PlaybookOf(high - 1));
        var where = new List<string> { "t.id > @first", "t.id <= @last" };
        if (filter.Task is not null)
        {
            where.Add("strpos(lower(t.name), lower(@task)) > 0");
        }

        if (filter.Role is not null)
        {
            where.Add("""
                (t.role = @role or (t.id >> 24) = any(array(
                    select p.id from rec_playbook p join job j on j.id = p.job_id where p.id between @from and @to and j.role = @role)))
                """);
        }

        await using var command = new NpgsqlCommand($"select coalesce(array_agg(t.id), '{{}}') from rec_task t where {string.Join(" and ", where)}", connection);
        command.Parameters.Add(new() { ParameterName = "first", Value = RecordingIds.RangeOf(first).First });
        command.Parameters.Add(new() { ParameterName = "last", Value = RecordingIds.RangeOf(last).Last });
        command.Parameters.Add(new() { ParameterName = "from", Value = first });
        command.Parameters.Add(new() { ParameterName = "to", Value = last });
        Add(command, "task", filter.Task);
        Add(command, "role", filter.Role);
        return (long[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static void Add(NpgsqlCommand command, string name, object? value)
    {
        if (value is long[] numbers)
        {
            command.Parameters.Add(new() { ParameterName = name, Value = numbers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        }
        else if (value is not null)
        {
            command.Parameters.Add(new() { ParameterName = name, Value = value });
        }
    }
}
