using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Writing;

/// <summary>Writes to one playbook: in order, and those that come at the same time in one transaction.</summary>
/// <remarks>
/// A write is answered when its group is committed. Numbers are taken from the database in blocks, so that several managers may write to one playbook, and so
/// that a write may be done again when nobody knows whether it was done.
/// </remarks>
internal sealed class RecordingLane
{
    private const int Block = 256;
    private const int Largest = 128;

    private readonly long _playbook;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly GroupCommit<LaneWrite> _groups;
    private readonly Lock _gate = new();
    private Task? _taking;
    private int _next;
    private int _end;

    public RecordingLane(long playbook, NpgsqlDataSource database, TimeProvider time)
    {
        (_playbook, _database, _time) = (playbook, database, time);
        _groups = new GroupCommit<LaneWrite>(Largest, StoreAsync);
        IdleSince = time.GetUtcNow();
    }

    public DateTimeOffset IdleSince { get; private set; }

    /// <summary>A number for a new row of any kind.</summary>
    /// <exception cref="AraFault">There is no such playbook, or it has all the rows it can have.</exception>
    public async Task<long> NextIdAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task taking;
            lock (_gate)
            {
                if (_next < _end)
                {
                    return RecordingIds.Of(_playbook, _next++);
                }

                taking = _taking ??= Task.Run(TakeBlockAsync, CancellationToken.None);
            }

            await taking.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stores one write, together with those that come meanwhile. A crash of the database can take it back within half a second.</summary>
    public Task<T> WriteAsync<T>(Func<NpgsqlBatchCommand[]> commands, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        WriteAsync(new LaneWrite<T>(commands, read, isDurable: false), cancellationToken);

    /// <summary>The same for what tells how a recording stands: nothing can take it back, nor anything before it.</summary>
    public Task<T> WriteDurablyAsync<T>(Func<NpgsqlBatchCommand[]> commands, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        WriteAsync(new LaneWrite<T>(commands, read, isDurable: true), cancellationToken);

    private async Task<T> WriteAsync<T>(LaneWrite<T> write, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            IdleSince = _time.GetUtcNow();
        }

        // Who leaves may find it stored all the same.
        await _groups.AddAsync(write).WaitAsync(cancellationToken);
        return await write.Task.WaitAsync(cancellationToken);
    }

    private async Task StoreAsync(List<LaneWrite> group)
    {
        try
        {
            await TryAsync(group);
        }
        catch (PostgresException) when (group.Count > 1)
        {
            // One that cannot be stored is no reason for the others.
            foreach (var write in group)
            {
                await StoreAsync([write]);
            }
        }
        catch (Exception e)
        {
            group.ForEach(write => write.Failed(e));
        }
    }

    /// <summary>Every write may be done again: it carries its number, and does nothing when that is there.</summary>
    private Task TryAsync(List<LaneWrite> group) => Patience.RetryAsync(
        // Not the token of one of them: the group is for all.
        () => RunAsync(group, CancellationToken.None), _time, CancellationToken.None);

    private async Task RunAsync(List<LaneWrite> group, CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);

        // A statement of its own: what the next ones see must be what stands after the lock was given.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('synchronous_commit', $2, true) from rec_playbook where id = $1 for update")
        {
            Parameters = { new() { Value = _playbook }, new() { Value = group.Exists(write => write.IsDurable) ? "on" : "off" } },
        });
        var sizes = new int[group.Count];
        for (var at = 0; at < group.Count; at++)
        {
            var commands = group[at].Commands();
            sizes[at] = commands.Length;
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }
        }

        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            for (var at = 0; at < group.Count; at++)
            {
                for (var step = 0; step < sizes[at]; step++)
                {
                    await reader.NextResultAsync(cancellationToken);
                }

                group[at].Take(reader);
            }
        }

        // Only now is it committed.
        group.ForEach(write => write.Done());
    }

    private async Task TakeBlockAsync()
    {
        try
        {
            await Patience.RetryAsync(() => TakeBlockAsync(CancellationToken.None), _time, CancellationToken.None);
        }
        finally
        {
            lock (_gate)
            {
                _taking = null;
            }
        }
    }

    private async Task TakeBlockAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "update rec_playbook set next_child = next_child + $2 where id = $1 and next_child <= $3 returning next_child - $2", connection)
        {
            Parameters = { new() { Value = _playbook }, new() { Value = Block }, new() { Value = RecordingIds.LastChild - Block } },
        };
        var first = await command.ExecuteScalarAsync(cancellationToken) as int? ?? throw AraFault.NoSuch("playbook", _playbook);
        lock (_gate)
        {
            (_next, _end) = (first, first + Block);
        }
    }
}
