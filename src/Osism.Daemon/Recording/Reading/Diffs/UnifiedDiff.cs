using System.Text;

namespace Osism.Daemon.Recording.Reading.Diffs;

/// <summary>Two texts as a unified diff (POSIX diff, -u).</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>Cells of the table of common lines: beyond it the middle counts as replaced.</summary>
    private const int MostCells = 4_000_000;

    /// <summary>Empty when both are the same.</summary>
    public static string Of(string before, string after, string beforeName, string afterName)
    {
        var (old, now) = (Lines(before), Lines(after));
        var steps = Steps(old, now);
        if (steps.TrueForAll(step => step.Mark == ' '))
        {
            return "";
        }

        var text = new StringBuilder($"--- {beforeName}\n+++ {afterName}\n");
        for (var at = 0; at < steps.Count;)
        {
            if (steps[at].Mark == ' ')
            {
                at++;
                continue;
            }

            var first = Math.Max(0, at - Context);
            var end = at;
            // As long as the gap to the next change is shorter than both contexts together, it is one hunk.
            for (var same = 0; end < steps.Count && same <= 2 * Context; end++)
            {
                same = steps[end].Mark == ' ' ? same + 1 : 0;
            }

            var last = end;
            while (steps[last - 1].Mark == ' ')
            {
                last--;
            }

            last = Math.Min(steps.Count, last + Context);
            Hunk(text, steps, first, last);
            at = last;
        }

        return text.ToString();
    }

    private static void Hunk(StringBuilder text, List<Step> steps, int first, int last)
    {
        var oldFrom = steps.Take(first).Count(step => step.Mark != '+');
        var newFrom = steps.Take(first).Count(step => step.Mark != '-');
        var part = steps[first..last];
        var oldCount = part.Count(step => step.Mark != '+');
        var newCount = part.Count(step => step.Mark != '-');
        // An empty side is named by the line before it.
        text.Append($"@@ -{oldFrom + (oldCount > 0 ? 1 : 0)},{oldCount} +{newFrom + (newCount > 0 ? 1 : 0)},{newCount} @@\n");
        foreach (var step in part)
        {
            text.Append(step.Mark).Append(step.Line);
            if (!step.Line.EndsWith('\n'))
            {
                text.Append("\n\\ No newline at end of file\n");
            }
        }
    }

    private static List<Step> Steps(List<string> old, List<string> now)
    {
        var head = 0;
        while (head < old.Count && head < now.Count && old[head] == now[head])
        {
            head++;
        }

        var tail = 0;
        while (tail < old.Count - head && tail < now.Count - head && old[^(tail + 1)] == now[^(tail + 1)])
        {
            tail++;
        }

        var steps = old.Take(head).Select(line => new Step(' ', line)).ToList();
        Middle(steps, old[head..(old.Count - tail)], now[head..(now.Count - tail)]);
        steps.AddRange(old.Skip(old.Count - tail).Select(line => new Step(' ', line)));
        return steps;
    }

    private static void Middle(List<Step> steps, List<string> old, List<string> now)
    {
        if ((long)(old.Count + 1) * (now.Count + 1) > MostCells)
        {
            steps.AddRange(old.Select(line => new Step('-', line)));
            steps.AddRange(now.Select(line => new Step('+', line)));
            return;
        }

        // Length of the longest common part of what is left from each pair of places on.
        var common = new int[old.Count + 1, now.Count + 1];
        for (var i = old.Count - 1; i >= 0; i--)
        {
            for (var j = now.Count - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var (a, b) = (0, 0);
        while (a < old.Count || b < now.Count)
        {
            if (a < old.Count && b < now.Count && old[a] == now[b])
            {
                steps.Add(new Step(' ', old[a]));
                (a, b) = (a + 1, b + 1);
            }
            else if (b == now.Count || (a < old.Count && common[a + 1, b] >= common[a, b + 1]))
            {
                steps.Add(new Step('-', old[a++]));
            }
            else
            {
                steps.Add(new Step('+', now[b++]));
            }
        }
    }

    /// <summary>Each with its line end.</summary>
    private static List<string> Lines(string text)
    {
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..end]);
            at = end;
        }

        return lines;
    }

    private sealed record Step(char Mark, string Line);
}
