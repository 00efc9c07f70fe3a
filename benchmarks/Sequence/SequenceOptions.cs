using System.Globalization;

namespace Osism.Benchmarks.Sequence;

/// <summary>What <c>./dev sequence</c> was told.</summary>
/// <param name="Graph">Whether as one graph instead of calls.</param>
/// <param name="Phases">How many phases, from the first; null: all.</param>
/// <param name="FailAt">Role whose play fails until it is resumed; null: none, or with <paramref name="Graph"/> one in the middle.</param>
internal sealed record SequenceOptions(bool Graph, int? Phases, string? FailAt)
{
    public const string Usage = "usage: ./dev sequence [--graph] [--phases N] [--fail-at ROLE]";

    /// <returns>Null when a word is wrong.</returns>
    public static SequenceOptions? Parse(IReadOnlyList<string> words)
    {
        var options = new SequenceOptions(Graph: false, Phases: null, FailAt: null);
        for (var at = 0; at < words.Count; at++)
        {
            switch (words[at])
            {
                case "--graph":
                    options = options with { Graph = true };
                    break;
                case "--phases" when at + 1 < words.Count && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0:
                    options = options with { Phases = count };
                    at++;
                    break;
                case "--fail-at" when at + 1 < words.Count:
                    options = options with { FailAt = words[++at] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
