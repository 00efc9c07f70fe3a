namespace Osism.Daemon.Inventory.Values;

/// <summary>Order of keys as Python's <c>sorted</c> has it.</summary>
internal static class PyKeys
{
    /// <summary>By code point; .NET compares UTF-16 units, where the characters beyond U+FFFF come too early.</summary>
    public static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a == b)
                continue;
            var (pairLeft, pairRight) = (IsPair(left, i), IsPair(right, i));
            return pairLeft == pairRight ? a.CompareTo(b) : pairLeft ? 1 : -1;
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <summary>Order of two keys that <see cref="AreSortable"/> allows.</summary>
    public static int Compare(PyValue left, PyValue right) =>
        left is PyText a && right is PyText b ? Compare(a.Value, b.Value)
        : PyNumber.IsNumber(left) && PyNumber.IsNumber(right) ? PyNumber.Compare(left, right)
        : 0;

    public static JsonObstacle ObstacleOf(ReadOnlySpan<PyPair> pairs)
    {
        var obstacle = JsonObstacle.None;
        PyValue? first = null;
        foreach (ref readonly var pair in pairs)
        {
            var own = pair.Value.Obstacle;
            if (!IsWritable(pair.Key))
                return JsonObstacle.Unwritable;
            first ??= pair.Key;
            if (own == JsonObstacle.None && !AreSortable(first, pair.Key))
                own = JsonObstacle.Unsortable;
            if (own > obstacle)
                obstacle = own;
        }

        return obstacle;
    }

    /// <summary>Whether JSON can have such a key.</summary>
    public static bool IsWritable(PyValue key) => key is PyText or PyNone || PyNumber.IsNumber(key);

    public static bool AreSortable(PyValue left, PyValue right) =>
        ReferenceEquals(left, right) || (left is PyText && right is PyText) || (PyNumber.IsNumber(left) && PyNumber.IsNumber(right));

    private static bool IsPair(string text, int index) =>
        (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        || (char.IsLowSurrogate(text[index]) && index > 0 && char.IsHighSurrogate(text[index - 1]));
}
