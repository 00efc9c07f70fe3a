namespace Osism.Daemon.Recording.Ingest;

/// <summary>Which rows of a kind have to be written. A new one must come with what points at it; what only counts on may wait for the next round.</summary>
internal sealed class ChangedRows<T>
    where T : class
{
    private readonly HashSet<T> _new = [];
    private readonly HashSet<T> _changed = [];

    public T Add(T row)
    {
        _new.Add(row);
        return row;
    }

    public void Touch(T row)
    {
        if (!_new.Contains(row))
        {
            _changed.Add(row);
        }
    }

    public IReadOnlyList<T> List(bool withChanged) => withChanged ? [.. _new, .. _changed] : [.. _new];

    /// <summary>What <see cref="List"/> gave is written.</summary>
    public void Written(bool withChanged)
    {
        _new.Clear();
        if (withChanged)
        {
            _changed.Clear();
        }
    }

    public void Clear() => Written(withChanged: true);
}
