namespace Osism.Daemon.Inventory.Model;

/// <summary>A set of groups by their numbers: some hundred groups take five words.</summary>
internal sealed class GroupSet : IEquatable<GroupSet>
{
    private const int Bits = 64;

    private ulong[] _words = [];

    public bool IsEmpty => Array.TrueForAll(_words, word => word == 0);

    public bool Contains(int number) => number / Bits < _words.Length && (_words[number / Bits] & (1UL << (number % Bits))) != 0;

    public void Add(int number)
    {
        if (number / Bits >= _words.Length)
            Array.Resize(ref _words, (number / Bits) + 1);
        _words[number / Bits] |= 1UL << (number % Bits);
    }

    public void Remove(int number)
    {
        if (number / Bits < _words.Length)
            _words[number / Bits] &= ~(1UL << (number % Bits));
    }

    public void AddAll(GroupSet other)
    {
        if (other._words.Length > _words.Length)
            Array.Resize(ref _words, other._words.Length);
        for (var i = 0; i < other._words.Length; i++)
            _words[i] |= other._words[i];
    }

    public GroupSet Without(GroupSet other)
    {
        var rest = new GroupSet { _words = [.. _words] };
        for (var i = 0; i < Math.Min(_words.Length, other._words.Length); i++)
            rest._words[i] &= ~other._words[i];
        return rest;
    }

    public IEnumerable<int> Numbers()
    {
        for (var i = 0; i < _words.Length * Bits; i++)
        {
            if (Contains(i))
                yield return i;
        }
    }

    public bool Equals(GroupSet? other)
    {
        if (other is null)
            return false;
        for (var i = 0; i < Math.Max(_words.Length, other._words.Length); i++)
        {
            if ((i < _words.Length ? _words[i] : 0) != (i < other._words.Length ? other._words[i] : 0))
                return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as GroupSet);

    public override int GetHashCode()
    {
        var hash = 0;
        foreach (var word in _words)
        {
            if (word != 0)
                hash = HashCode.Combine(hash, word);
        }

        return hash;
    }
}
