using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Recording.Reading;

/// <summary>The stored events of a job as they come, whole lines only.</summary>
internal sealed class EventFollowing(NpgsqlDataSource database, EventArrivals arrivals, TimeProvider time)
{
    private const int Piece = 1 << 20;

    /// <summary>For the end of a job, and for events that another manager stores.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>How much is stored, and the job's state.</summary>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public async Task<(long Bytes, JobState State)> LookAsync(Guid job, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select events_bytes, state from job where id = $1");
        command.Parameters.Add(new() { Value = job });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetInt64(0), (JobState)reader.GetInt16(1))
            : throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {job}");
    }

    /// <summary>Lines from an offset on, until the job has ended and all are given; an empty piece says that there was nothing for as long as <paramref name="heartbeat"/>.</summary>
    public async IAsyncEnumerable<EventLine> LinesAsync(
        Guid job, long offset, TimeSpan heartbeat, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rest = new MemoryStream();
        var since = time.GetTimestamp();
        try
        {
            while (true)
            {
                var arrival = arrivals.Next(job);

                // In this order: what is stored when the job has ended is all there will be.
                var (bytes, state) = await LookAsync(job, cancellationToken);
                var seen = offset + rest.Length;
                if (seen >= bytes)
                {
                    if (state.IsTerminal())
                    {
                        if (rest.Length > 0)
                        {
                            yield return new EventLine(offset + rest.Length, rest.ToArray(), null);
                        }

                        yield return new EventLine(offset + rest.Length, [], state);
                        yield break;
                    }

                    if (time.GetElapsedTime(since) >= heartbeat)
                    {
                        since = time.GetTimestamp();
                        yield return new EventLine(offset, [], null);
                    }

                    await Task.WhenAny(arrival, Task.Delay(Poll, time, cancellationToken));
                    cancellationToken.ThrowIfCancellationRequested();
                    continue;
                }

                var piece = await ReadAsync(job, seen, Math.Min(bytes, seen + Piece), cancellationToken);
                if (piece.Length == 0)
                {
                    // Retention is just taking the job away.
                    yield return new EventLine(seen, [], state);
                    yield break;
                }

                rest.Write(piece);
                since = time.GetTimestamp();
                var all = rest.ToArray();
                var from = 0;
                for (int length; (length = all.AsSpan(from).IndexOf((byte)'\n')) >= 0; from += length + 1)
                {
                    yield return new EventLine(offset + from + length + 1, all[from..(from + length)], null);
                }

                offset += from;
                rest.SetLength(0);
                rest.Write(all, from, all.Length - from);
            }
        }
        finally
        {
            // Nothing of it is kept for a job that nobody follows; who else does looks once for nothing.
            arrivals.Raise(job);
        }
    }

    private async Task<byte[]> ReadAsync(Guid job, long from, long to, CancellationToken cancellationToken)
    {
        const string Sql = """
            select start, data from job_output
            where job_id = $1 and stream = 1 and start < $3
              and start >= coalesce((select max(start) from job_output where job_id = $1 and stream = 1 and start <= $2), 0)
            order by start
            """;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = job });
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        using var bytes = new MemoryStream();
        while (await reader.ReadAsync(cancellationToken))
        {
            var data = (byte[])reader.GetValue(1);
            var skip = (int)Math.Clamp(from - reader.GetInt64(0), 0, data.Length);
            bytes.Write(data, skip, (int)Math.Min(data.Length - skip, Math.Max(0, to - Math.Max(from, reader.GetInt64(0)))));
        }

        return bytes.ToArray();
    }
}

/// <summary>A line of events.</summary>
/// <param name="Next">Offset behind it: where to go on.</param>
/// <param name="Line">Without its line end; empty for a sign of life and for the end.</param>
/// <param name="End">Set when no more will come: the state in which the job ended.</param>
internal sealed record EventLine(long Next, byte[] Line, JobState? End);
