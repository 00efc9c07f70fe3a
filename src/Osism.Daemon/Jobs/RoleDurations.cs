using Dapper;
using Npgsql;

namespace Osism.Daemon.Jobs;

/// <summary>How long roles take, by what they took.</summary>
internal sealed class RoleDurations(NpgsqlDataSource database)
{
    /// <summary>Of each role that has succeeded lately the median of those runs; a pull of images is not what people mean by the role.</summary>
    private const string Sql = """
        select asked.role as "Role", extract(epoch from percentile_cont(0.5) within group (order by ran.took))::float8 as "Seconds", count(*)::int as "Runs"
        from unnest(@roles) as asked (role)
        cross join lateral (
            select ended_at - started_at as took, state, dry_run, action from job
            where job.role = asked.role and state in (3, 4, 5, 6, 7, 8, 9) order by seq desc limit 50) as ran
        where ran.state = 3 and not ran.dry_run and ran.took is not null and coalesce(ran.action, 'deploy') = 'deploy'
        group by asked.role
        """;

    /// <param name="roles">As given to <c>osism apply</c>. A role that never succeeded has no entry.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, TypicalDuration>> OfAsync(IEnumerable<string> roles, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<TypicalDuration>(new CommandDefinition(Sql, new { roles = roles.ToArray() }, cancellationToken: cancellationToken));
        return rows.ToDictionary(row => row.Role, StringComparer.Ordinal);
    }
}

/// <param name="Role">The role.</param>
/// <param name="Seconds">Median.</param>
/// <param name="Runs">Over so many runs.</param>
internal sealed record TypicalDuration(string Role, double Seconds, int Runs);
