using System.Globalization;
using System.Numerics;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>Names with ranges: <c>web[01:10:2]</c>, <c>db-[a:c]</c>, several in one name.</summary>
internal static class HostRange
{
    /// <summary>More hosts than anybody has; a slip of the pen must not take all memory.</summary>
    public const int Most = 200_000;

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>Names and port that a pattern of a source stands for.</summary>
    /// <exception cref="SourceException">A range is not of the form it must have.</exception>
    public static (List<string> Names, BigInteger? Port) Expand(string pattern, int line)
    {
        // What is no address is a name as it stands.
        _ = HostAddress.TryParse(pattern, out var name, out var port);
        var names = new List<string>();
        if (name.Contains('[', StringComparison.Ordinal))
            Expand(name, line, names);
        else
            names.Add(name);
        return (names, port);
    }

    private static void Expand(string pattern, int line, List<string> names)
    {
        var open = pattern.IndexOf('[', StringComparison.Ordinal);
        var close = pattern.IndexOf(']', StringComparison.Ordinal);
        if (open < 0 || close < 0 || pattern.Contains('|', StringComparison.Ordinal))
            throw Problem("a range must be of the form [BEGIN:END] or [BEGIN:END:STEP]");
        // Which of the two brackets comes first does not matter to Ansible.
        (open, close) = (Math.Min(open, close), Math.Max(open, close));
        var (head, tail) = (pattern[..open], pattern[(close + 1)..]);
        foreach (var item in Items(pattern[(open + 1)..close]))
        {
            var name = head + item + tail;
            if (name.Contains('[', StringComparison.Ordinal))
                Expand(name, line, names);
            else
                names.Add(name);
            if (names.Count > Most)
                throw Problem($"these are more than {Most} hosts");
        }

        SourceException Problem(string what) => new($"'{pattern}': {what}", line);

        IEnumerable<string> Items(string range)
        {
            var bounds = range.Split(':');
            if (bounds.Length is not (2 or 3))
                throw Problem("a range must be of the form [BEGIN:END] or [BEGIN:END:STEP]");
            var (begin, end) = (bounds[0].Length == 0 ? "0" : bounds[0], bounds[1]);
            if (end.Length == 0)
                throw Problem("a range must have an end");
            var width = begin[0] == '0' && begin.Length > 1 ? begin.Length : 0;
            if (width > 0 && width != end.Length)
                throw Problem("begin and end of a range with leading zeros must have the same length");
            var step = bounds.Length == 2 ? BigInteger.One : PyStrings.ToInteger(bounds[2]);
            return LetterItems(begin, end, step) ?? NumberItems(begin, end, step, width);
        }

        IEnumerable<string>? LetterItems(string begin, string end, BigInteger? step)
        {
            var (first, last) = (Letters.IndexOf(begin, StringComparison.Ordinal), Letters.IndexOf(end, StringComparison.Ordinal));
            if (first < 0 || last < 0)
                return null;
            if (first > last)
                throw Problem("the begin of a range must not be behind its end");
            if (step is null || step.Value.IsZero)
                return null;
            // A step backwards from the begin never meets the end.
            if (step < 0)
                return [];
            var width = (int)BigInteger.Min(step.Value, Letters.Length);
            return Enumerable.Range(first, last - first + 1).Where(place => (place - first) % width == 0).Select(place => Letters[place].ToString());
        }

        IEnumerable<string> NumberItems(string begin, string end, BigInteger? step, int width)
        {
            if (PyStrings.ToInteger(begin) is not { } first || PyStrings.ToInteger(end) is not { } last || step is not { IsZero: false } by)
                throw Problem("a range must go from a number to a number, or from a letter to a letter");
            for (var number = first; by > 0 ? number <= last : number > last + 1; number += by)
                yield return Fill(number, width);
        }
    }

    private static string Fill(BigInteger number, int width)
    {
        var digits = BigInteger.Abs(number).ToString(CultureInfo.InvariantCulture);
        return number < 0 ? "-" + digits.PadLeft(Math.Max(0, width - 1), '0') : digits.PadLeft(width, '0');
    }
}
