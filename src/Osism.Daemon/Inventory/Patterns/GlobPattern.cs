using System.Text;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Inventory.Patterns;

/// <summary>Makes regular expressions of shell patterns, and of Python's regular expressions.</summary>
internal static partial class GlobPattern
{
    // Patterns come from people and files; one that would search for ever is an error.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>The whole name must match: <c>*</c>, <c>?</c>, <c>[seq]</c> and <c>[!seq]</c> as Python's <c>fnmatch</c> has them.</summary>
    public static Regex OfGlob(string glob)
    {
        var text = new StringBuilder(@"\A(?:");
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*':
                    text.Append(".*");
                    break;
                case '?':
                    text.Append('.');
                    break;
                case '[' when SetEnd(glob, i) is var end and > 0:
                    AppendSet(text, glob[(i + 1)..end]);
                    i = end;
                    break;
                default:
                    text.Append(Regex.Escape(glob[i].ToString()));
                    break;
            }
        }

        return new Regex(text.Append(@")\z").ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant, Longest);
    }

    /// <summary>The name must begin with it, as with Python's <c>re.match</c>.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    public static Regex OfRegex(string expression) => new(
        $@"\A(?:{PythonOnly().Replace(expression, match => match.Value switch { "(?P<" => "(?<", @"\Z" => @"\z", _ => match.Groups["name"].Success ? $@"\k<{match.Groups["name"].Value}>" : match.Value })})",
        RegexOptions.CultureInvariant, Longest);

    /// <summary>Place of the bracket that closes a set; 0 when none does, and the bracket is a letter like any other.</summary>
    private static int SetEnd(string glob, int open)
    {
        var at = open + 1;
        if (at < glob.Length && glob[at] == '!')
            at++;
        if (at < glob.Length && glob[at] == ']')
            at++;
        var end = at < glob.Length ? glob.IndexOf(']', at) : -1;
        return Math.Max(end, 0);
    }

    private static void AppendSet(StringBuilder text, string set)
    {
        var negated = set[0] == '!';
        if (negated)
            set = set[1..];
        var inner = new StringBuilder();
        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                // A range whose end comes first is empty.
                if (set[i] <= set[i + 2])
                    inner.Append($"\\u{(int)set[i]:x4}-\\u{(int)set[i + 2]:x4}");
                i += 2;
            }
            else
            {
                inner.Append($"\\u{(int)set[i]:x4}");
            }
        }

        text.Append(inner.Length == 0 ? negated ? "." : "(?!)" : $"[{(negated ? "^" : "")}{inner}]");
    }

    [GeneratedRegex(@"\\Z|\\.|\(\?P<|\(\?P=(?<name>\w+)\)", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex PythonOnly();
}
