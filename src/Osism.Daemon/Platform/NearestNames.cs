namespace Osism.Daemon.Platform;

/// <summary>Finds names a person may have meant, by Damerau-Levenshtein distance (optimal string alignment).</summary>
internal static class NearestNames
{
    private const int Most = 5;

    /// <summary>Up to five names, best first. Names that share nothing with the word are left out.</summary>
    public static IReadOnlyList<string> Find(string word, IEnumerable<string> names)
    {
        // About every third letter may be wrong; more is another word.
        var limit = Math.Max(2, (word.Length + 2) / 3);
        return [.. names
            .Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: Rank(word, name, limit)))
            .Where(candidate => candidate.Distance <= limit)
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => Math.Abs(candidate.Name.Length - word.Length))
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(Most)
            .Select(candidate => candidate.Name)];
    }

    private static int Rank(string word, string name, int limit)
    {
        // A part of a name is a likely mistake however long the rest is ("facts" for "gather-facts"), but a worse match than one letter wrong.
        var contained = word.Length > 2 && name.Contains(word, StringComparison.OrdinalIgnoreCase);
        var distance = Math.Abs(word.Length - name.Length) > limit ? int.MaxValue : Distance(word, name);
        return contained ? Math.Min(distance, 2) : distance;
    }

    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                var best = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                rows[i, j] = best;
            }
        }

        return rows[a.Length, b.Length];
    }
}
