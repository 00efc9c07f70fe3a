using System.Collections.Frozen;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>The byte strings that must not be shown, made for finding the longest of them at a position of a text quickly.</summary>
/// <remarks>Immutable, so that any number of streams may share it.</remarks>
internal sealed class SecretSet
{
    /// <summary>Shortest value that is masked, in characters. Shorter ones would blot out ordinary words and give themselves away by it.</summary>
    public const int DefaultMinimumLength = 6;

    public static readonly SecretSet Empty = new([]);

    private const int Undecided = -1;

    // Sorted by bytes, without doubles: all that begin alike stand side by side, the shortest first.
    private readonly byte[][] _patterns;

    // One bit for each hash of the first bytes of a pattern. Most positions of a text are done with here.
    private readonly ulong[] _filter;
    private readonly int _filterShift;
    private readonly uint _prefixMask;

    private SecretSet(byte[][] sorted)
    {
        _patterns = sorted;
        Longest = sorted.Length == 0 ? 0 : sorted.Max(pattern => pattern.Length);
        var shortest = sorted.Length == 0 ? sizeof(uint) : sorted.Min(pattern => pattern.Length);
        _prefixMask = shortest >= sizeof(uint) ? uint.MaxValue : (1u << (8 * shortest)) - 1;

        // 64 to 128 bits a pattern let about one of a hundred other positions through; 2^20 bits still fit the second cache.
        var bits = Math.Clamp(BitOperations.Log2((uint)sorted.Length + 1) + 7, 10, 20);
        _filter = new ulong[(1 << bits) / 64];
        _filterShift = 32 - bits;
        Span<byte> prefix = stackalloc byte[sizeof(uint)];
        foreach (var pattern in sorted)
        {
            prefix.Clear();
            pattern.AsSpan(0, Math.Min(sizeof(uint), pattern.Length)).CopyTo(prefix);
            var hash = Hash(MemoryMarshal.Read<uint>(prefix), _prefixMask, _filterShift);
            _filter[hash >> 6] |= 1UL << (int)hash;
        }
    }

    /// <summary>Byte strings that are looked for: every form of every secret.</summary>
    public int Count => _patterns.Length;

    /// <summary>Bytes of the longest one. Who masks piece by piece needs room for so many.</summary>
    public int Longest { get; }

    /// <summary>Registers values with the forms in which they turn up: lines, base64, percent-encoding, JSON, YAML and Python quoting.</summary>
    /// <param name="secrets">Values; doubles and short ones do no harm.</param>
    /// <param name="minimumLength">Shortest value that counts, in characters, at least 1. Default 6. Lower ones mask ordinary words.</param>
    public static SecretSet Build(IEnumerable<string> secrets, int minimumLength = DefaultMinimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumLength, 1);
        var forms = new SortedSet<byte[]>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
        foreach (var secret in secrets.ToFrozenSet(StringComparer.Ordinal))
            forms.UnionWith(SecretForms.Of(secret, minimumLength).Where(form => form.Length > 0));
        return forms.Count == 0 ? Empty : new SecretSet([.. forms]);
    }

    /// <summary>The first position from <paramref name="at"/> on where a secret may begin; the length of the text when there is none.</summary>
    public int NextCandidate(ReadOnlySpan<byte> text, int at)
    {
        if (_patterns.Length == 0)
            return text.Length;
        var (shift, mask) = (_filterShift, _prefixMask);
        var end = text.Length - sizeof(uint) + 1;

        // Every byte of every output comes by here. Both reads stay inside: at < end leaves four bytes, and a hash has as many bits as the filter has places.
        ref var word = ref MemoryMarshal.GetArrayDataReference(_filter);
        ref var first = ref MemoryMarshal.GetReference(text);
        for (; at < end; at++)
        {
            var hash = Hash(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, at)), mask, shift);
            if ((Unsafe.Add(ref word, hash >> 6) >> (int)hash & 1) != 0)
                return at;
        }

        return at;
    }

    /// <summary>Length of the longest secret at the beginning of <paramref name="text"/>.</summary>
    /// <param name="text">What is there.</param>
    /// <param name="final">Nothing comes after it.</param>
    /// <returns>0 when none begins here; negative when that depends on bytes still to come.</returns>
    public int Match(ReadOnlySpan<byte> text, bool final)
    {
        var (low, high, depth, longest) = (0, _patterns.Length, 0, 0);
        while (low < high)
        {
            // All patterns of the range agree up to depth, and with the text; go on to where they part.
            var first = _patterns[low].AsSpan(depth);
            var common = first[..first.CommonPrefixLength(_patterns[high - 1].AsSpan(depth))];
            var matched = common.CommonPrefixLength(text[depth..]);
            if (matched < common.Length)
                return depth + matched == text.Length && !final ? Undecided : longest;
            depth += matched;
            if (_patterns[low].Length == depth)
            {
                longest = depth;
                low++;
                if (low == high)
                    break;
            }

            if (depth == text.Length)
                return final ? longest : Undecided;
            (low, high) = Narrow(low, high, depth, text[depth]);
        }

        return longest;
    }

    private (int Low, int High) Narrow(int low, int high, int depth, byte value)
    {
        var from = FirstNotBelow(low, high, depth, value);
        return (from, FirstNotBelow(from, high, depth, value + 1));
    }

    private int FirstNotBelow(int low, int high, int depth, int value)
    {
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_patterns[middle][depth] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static uint Hash(uint prefix, uint mask, int shift) => (prefix & mask) * 0x9E3779B1u >> shift;
}
