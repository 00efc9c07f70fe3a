using System.Globalization;
using System.Text;

namespace Osism.Tests.Inventory.Differential;

/// <summary>The inventories written by hand with slips of the pen in them: what nobody would think of, against the real Ansible.</summary>
/// <remarks><c>INVENTORY_MUTATIONS=COUNT[:SEED]</c> tries others, and many more.</remarks>
public sealed class MutationTests(AnsibleOracle oracle) : IClassFixture<AnsibleOracle>
{
    private const int Count = 250;
    private const int Shown = 40;

    private static readonly string[] Slips =
    [
        " ", "  ", "\t", ":", ": ", " #", "#", "'", "\"", "[", "]", "{", "}", ",", ", ", "-", "- ", "=", " = ", "\\", "&a ", "*a ", "!", "!!str ", "!unsafe ", "%", "@", "`", "|\n", ">-\n", "~", "?", "? ",
        "<<: ", "0", "1", "007", "1.5", "1e3", "yes", "null", "None", "True", "[1:3]", "[a:c]", ":22", "::1", "é", "😀", "\u00a0", "\u2028", "\u0085", "\u007f", "\r", "\n", "\n\n", "---\n", "...\n", ":vars", ":children",
        "[all]\n", "[ungrouped]\n", "[all:vars]\n", "all:\n", "hosts:\n", "vars:\n", "children:\n", "ansible_group_priority=5\n", "{{ x }}", "\"{{ x }}\"", "(", ")", "/", ";", "..", "localhost", "\ufeff", "\udce9",
    ];

    [Fact]
    public async Task Reads_slips_of_the_pen_as_ansible_does()
    {
        var wish = Environment.GetEnvironmentVariable("INVENTORY_MUTATIONS")?.Split(':');
        var count = wish is null ? Count : int.Parse(wish[0], CultureInfo.InvariantCulture);
        var random = new Random(wish is [_, var seed] ? int.Parse(seed, CultureInfo.InvariantCulture) : 1);
        List<(string Name, Dictionary<string, string> Files)> begins =
        [
            .. HandMadeCases.All.Select(one => (one.Key, HandMadeCases.Files(one.Value))),
            .. CorpusCases.All.Values.Where(one => one.Options.Count == 0).Select(one => (one.Name, new Dictionary<string, string>(one.Files, StringComparer.Ordinal))),
        ];
        // What draws a set has no order; see DifferentialTests.
        begins.RemoveAll(one => one.Name.Contains("set", StringComparison.Ordinal) || one.Name.Contains("itself", StringComparison.Ordinal));
        var lines = begins.SelectMany(one => one.Files.Values).SelectMany(text => text.Split('\n')).Where(line => line.Length is > 0 and < 200).ToArray();
        var differences = new List<string>();
        for (var i = 0; i < count && differences.Count < Shown; i++)
        {
            var (name, files) = begins[random.Next(begins.Count)];
            var changed = new Dictionary<string, string>(files, StringComparer.Ordinal);
            var target = changed.Keys.ElementAt(random.Next(changed.Count));
            for (var slips = random.Next(1, 4); slips > 0; slips--)
                changed[target] = Slip(changed[target], lines, random);
            using var folder = new InventoryCase(changed);
            foreach (var question in (string[])["list", "graph --vars"])
            {
                if (await folder.DifferenceAsync(oracle, question, ["-i", folder.Inventory]) is { Length: > 0 } difference)
                {
                    differences.Add($"##### {i} {name}: {difference}");
                    break;
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static string Slip(string text, string[] lines, Random random)
    {
        var at = random.Next(text.Length + 1);
        var slip = Slips[random.Next(Slips.Length)];
        switch (random.Next(7))
        {
            case 0 when at < text.Length:
                return text.Remove(at, Math.Min(text.Length - at, random.Next(1, 3)));
            case 1 or 2:
                return text.Insert(at, slip);
            case 3 when at < text.Length:
                return string.Concat(text.AsSpan(0, at), slip, text.AsSpan(at + 1));
            case var kind:
                var all = text.Split('\n').ToList();
                var one = random.Next(all.Count);
                if (kind == 4)
                    all.Insert(one, lines[random.Next(lines.Length)]);
                else if (kind == 5)
                    (all[one], all[^1]) = (all[^1], all[one]);
                else if (random.Next(2) == 0)
                    all[one] = new string(' ', random.Next(1, 5)) + all[one];
                else
                    all.RemoveAt(one);
                return new StringBuilder().AppendJoin('\n', all).ToString();
        }
    }
}
