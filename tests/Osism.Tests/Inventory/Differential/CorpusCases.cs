using Osism.Testing;

namespace Osism.Tests.Inventory.Differential;

/// <summary>An inventory of <c>cases/*.txt</c>.</summary>
/// <param name="Options">As for <c>ansible-inventory</c>; names of files are below the inventory.</param>
/// <param name="Patterns">Host patterns to ask for; <c>{NAME}</c> is the path of a file.</param>
internal sealed record CorpusCase(string Name, IReadOnlyList<string> Options, IReadOnlyDictionary<string, string> Files, IReadOnlyList<string> Patterns);

/// <summary>The texts below <c>cases/</c>: <c>=== NAME</c> begins a case, <c>% OPTIONS</c> are options, <c>@FILE</c> begins a file, <c>? PATTERN</c> asks for hosts.</summary>
internal static class CorpusCases
{
    public static readonly IReadOnlyDictionary<string, CorpusCase> All = Read().ToDictionary(one => one.Name, StringComparer.Ordinal);

    private static IEnumerable<CorpusCase> Read()
    {
        foreach (var path in Directory.EnumerateFiles(Checkout.PathOf("tests", "Osism.Tests", "Inventory", "Differential", "cases"), "*.txt").Order(StringComparer.Ordinal))
        {
            var topic = Path.GetFileNameWithoutExtension(path);
            foreach (var text in ("\n" + File.ReadAllText(path)).Split("\n=== ")[1..])
            {
                var lines = text.Split('\n');
                var options = lines.Where(line => line.StartsWith("% ", StringComparison.Ordinal)).SelectMany(line => line[2..].Split(' ')).ToList();
                var patterns = lines.Where(IsPattern).Select(line => line[2..]).ToList();
                var rest = lines[1..].Where(line => !IsPattern(line) && !line.StartsWith("% ", StringComparison.Ordinal));
                yield return new CorpusCase($"{topic}: {lines[0]}", options, HandMadeCases.Files(string.Join('\n', rest)), patterns);

                // YAML has lines with a question mark too.
                bool IsPattern(string line) => topic == "patterns" && line.StartsWith("? ", StringComparison.Ordinal);
            }
        }
    }
}
