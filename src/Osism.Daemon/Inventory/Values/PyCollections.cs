namespace Osism.Daemon.Inventory.Values;

/// <summary>A list, or a tuple.</summary>
internal sealed class PySequence : PyValue
{
    private readonly JsonObstacle _obstacle;

    public PySequence(PyValue[] items, bool isTuple = false)
    {
        Items = items;
        IsTuple = isTuple;
        foreach (var item in items)
        {
            if (item.Obstacle > _obstacle)
                _obstacle = item.Obstacle;
        }
    }

    public PyValue[] Items { get; }

    public bool IsTuple { get; }

    public override JsonObstacle Obstacle => _obstacle;

    public override bool IsTrue => Items.Length > 0;

    public override bool IsHashable => IsTuple && Array.TrueForAll(Items, item => item.IsHashable);

    public override string TypeName => IsTuple ? "tuple" : "list";

    public override bool Equals(object? obj) => obj is PySequence other && IsTuple == other.IsTuple && Items.AsSpan().SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Length;
}

internal sealed class PySet(PyValue[] items) : PyValue
{
    public PyValue[] Items { get; } = items;

    public override JsonObstacle Obstacle => JsonObstacle.Unwritable;

    public override bool IsTrue => Items.Length > 0;

    public override bool IsHashable => false;

    public override string TypeName => "set";
}

/// <param name="Line">Line of the key in its file, from 1; 0 where nobody knows it.</param>
internal readonly record struct PyPair(PyValue Key, PyValue Value, int Line);

/// <summary>A dictionary: pairs in the order in which their keys came first.</summary>
internal sealed class PyMapping : PyValue
{
    public static readonly PyMapping Empty = new([]);

    // A search through so few is faster than an index.
    private const int Few = 8;

    private readonly JsonObstacle _obstacle;
    private Dictionary<PyValue, int>? _index;

    private PyMapping(PyPair[] pairs)
    {
        Pairs = pairs;
        _obstacle = PyKeys.ObstacleOf(pairs);
    }

    public PyPair[] Pairs { get; }

    public override JsonObstacle Obstacle => _obstacle;

    public override bool IsTrue => Pairs.Length > 0;

    public override bool IsHashable => false;

    public override string TypeName => "dict";

    /// <summary>Of equal keys the last one wins, at the place of the first.</summary>
    public static PyMapping Of(List<PyPair> pairs)
    {
        if (pairs.Count == 0)
            return Empty;
        var places = new Dictionary<PyValue, int>(pairs.Count);
        var kept = new List<PyPair>(pairs.Count);
        foreach (var pair in pairs)
        {
            if (places.TryAdd(pair.Key, kept.Count))
                kept.Add(pair);
            else
                kept[places[pair.Key]] = pair with { Key = kept[places[pair.Key]].Key };
        }

        return new PyMapping([.. kept]);
    }

    public PyValue? Find(PyValue key)
    {
        if (Pairs.Length <= Few)
        {
            foreach (var pair in Pairs)
            {
                if (pair.Key.Equals(key))
                    return pair.Value;
            }

            return null;
        }

        return Index().TryGetValue(key, out var place) ? Pairs[place].Value : null;
    }

    /// <summary>The other one's pairs into this one's, dictionaries within both into one another: <c>hash_behaviour = merge</c>.</summary>
    public PyMapping MergedWith(PyMapping other)
    {
        var pairs = new List<PyPair>(Pairs.Length + other.Pairs.Length);
        pairs.AddRange(Pairs);
        foreach (var pair in other.Pairs)
        {
            pairs.Add(Find(pair.Key) is PyMapping mine && pair.Value is PyMapping theirs ? pair with { Value = mine.MergedWith(theirs) } : pair);
        }

        return Of(pairs);
    }

    private Dictionary<PyValue, int> Index()
    {
        if (_index is { } known)
            return known;
        var index = new Dictionary<PyValue, int>(Pairs.Length);
        for (var i = 0; i < Pairs.Length; i++)
            index[Pairs[i].Key] = i;
        return _index = index;
    }
}
