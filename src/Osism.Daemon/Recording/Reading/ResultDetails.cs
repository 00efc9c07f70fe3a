using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Reading;

/// <summary>Results in full, with what lies in the events.</summary>
internal sealed class ResultDetails(NpgsqlDataSource database, BodyReader bodies)
{
    /// <exception cref="OsismException">There is no such result (<c>result.not_found</c>).</exception>
    public async Task<ResultDetailInfo> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"select {ResultRow.Columns} from rec_result r where r.id = $1", connection) { Parameters = { new() { Value = id } } };
        var rows = new List<ResultRow>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(ResultRow.Read(reader));
            }
        }

        if (rows.Count == 0)
        {
            throw new OsismException(ErrorCodes.ResultNotFound, $"there is no result {id}");
        }

        var names = await ResultNames.OfAsync(connection, rows, cancellationToken);
        var (row, body) = (rows[0], (await BodiesAsync(rows, names, cancellationToken))[0]);
        var info = names.Describe(row);
        return new ResultDetailInfo
        {
            Id = info.Id,
            Job = info.Job,
            Play = info.Play,
            Task = info.Task,
            Host = info.Host,
            Status = info.Status,
            Changed = info.Changed,
            Ignored = info.Ignored,
            StartedAt = info.StartedAt,
            DurationMs = info.DurationMs,
            Msg = info.Msg,
            Role = info.Role,
            Action = info.Action,
            Path = info.Path,
            Items = info.Items,
            Retries = info.Retries,
            Playbook = info.Playbook,
            PlayId = info.PlayId,
            TaskId = info.TaskId,
            HostId = info.HostId,
            Res = body.Res,
            Diff = body.Diff,
            Warnings = body.Warnings,
            Deprecations = body.Deprecations,
            DelegatedTo = body.DelegatedTo,
            CutBytes = body.CutBytes,
        };
    }

    public async Task<IReadOnlyList<ResultBody>> BodiesAsync(IReadOnlyList<ResultRow> rows, ResultNames names, CancellationToken cancellationToken) =>
        [.. (await bodies.ReadAsync([.. rows.Select(names.Body)], cancellationToken)).Select(ResultBody.Of)];

    /// <summary>Rows with their words and bodies, a batch at a time, in their order.</summary>
    public async IAsyncEnumerable<(ResultRow Row, ResultNames Names, ResultBody Body)> WalkAsync(
        RecordedRun run, ResultFilter filter, long after, long[]? hosts, Func<ResultRow, bool> wantsBody,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int Batch = 500;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var range = new ResultRange(connection, filter);
        for (var low = Math.Max(run.First, after); ;)
        {
            var rows = await range.ReadAsync(low, run.Last + 1, hosts, isAscending: true, Batch, cancellationToken);
            var names = await ResultNames.OfAsync(connection, rows, cancellationToken);
            var wanted = rows.Where(wantsBody).ToList();
            var found = new Dictionary<long, ResultBody>();
            foreach (var (row, body) in wanted.Zip(await BodiesAsync(wanted, names, cancellationToken)))
            {
                found[row.Id] = body;
            }

            foreach (var row in rows)
            {
                yield return (row, names, found.GetValueOrDefault(row.Id) ?? ResultBody.None);
            }

            if (rows.Count < Batch)
            {
                yield break;
            }

            low = rows[^1].Id;
        }
    }
}
