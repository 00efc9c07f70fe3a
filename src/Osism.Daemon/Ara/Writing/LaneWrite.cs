using Npgsql;

namespace Osism.Daemon.Ara.Writing;

/// <summary>A write that waits for its turn.</summary>
internal abstract class LaneWrite(Func<NpgsqlBatchCommand[]> commands, bool isDurable)
{
    /// <summary>Whether it is answered when it, and all that was answered before it, is on the disk.</summary>
    public bool IsDurable { get; } = isDurable;

    /// <summary>Made anew for each try.</summary>
    public NpgsqlBatchCommand[] Commands() => commands();

    /// <summary>Reads what its last statement returned; it is not committed yet.</summary>
    public abstract void Take(NpgsqlDataReader reader);

    public abstract void Done();

    public abstract void Failed(Exception exception);
}

/// <inheritdoc/>
/// <param name="commands">Its statements, each of which returns rows, or none, but never nothing: the reader would skip it.</param>
/// <param name="read">Reads the rows of the last one.</param>
/// <param name="isDurable">See <see cref="LaneWrite.IsDurable"/>.</param>
internal sealed class LaneWrite<T>(Func<NpgsqlBatchCommand[]> commands, Func<NpgsqlDataReader, T> read, bool isDurable) : LaneWrite(commands, isDurable)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _taken;

    public Task<T> Task => _done.Task;

    public override void Take(NpgsqlDataReader reader) => _taken = read(reader);

    public override void Done() => _done.TrySetResult(_taken!);

    public override void Failed(Exception exception) => _done.TrySetException(exception);
}
