using FsCheck;
using FsCheck.Fluent;

namespace Osism.Tests.Inventory.Differential;

/// <summary>A made-up inventory and a question about it.</summary>
/// <param name="Features">What of INI, YAML and folders occurs in it.</param>
internal sealed record GeneratedInventory(
    IReadOnlyDictionary<string, string> Files, string Question, bool Merge, string Source, IReadOnlySet<string> Features);

/// <summary>Generators of <see cref="GeneratedInventory"/>. A text is built of pieces that say which feature they are.</summary>
internal static class InventoryGenerators
{
    private static readonly string[] Groups = ["web", "db", "app", "prod", "a-b", "all", "ungrouped", "Zed", "é"];

    private static readonly Gen<Piece> Host = Pick(
        ("ini host", "h1", 4), ("ini host", "h2", 4), ("ini host", "node-1", 3), ("ini host", "n.example.org", 2), ("range of numbers", "h[1:3]", 3),
        ("range with padding", "h[01:03]", 2), ("range with step", "n[1:5:2]", 2), ("range of letters", "n[a:c]", 2), ("several ranges", "a[1:2]b[x:y]", 1), ("port", "h4:2222", 2),
        ("address", "10.0.0.1", 2), ("ipv6 with port", "[::1]:22", 1), ("ipv6", "fe80::1", 1), ("localhost", "localhost", 1), ("quoted name", "'q h'", 1), ("host named as a group", "web", 1));

    private static readonly Gen<Piece> Key = Pick(
        ("key", "a", 6), ("key", "b", 6), ("key", "d", 4), ("ansible_host", "ansible_host", 1), ("key beyond ASCII", "é", 1), ("priority", "ansible_group_priority", 1));

    private static readonly Gen<Piece> IniValue = Pick(
        ("int", "1", 4), ("leading zero", "01", 1), ("quoted", "\"1 2\"", 2), ("quoted in quotes", "\"'5'\"", 2), ("bool", "True", 2), ("text", "yes", 3), ("none", "None", 1), ("float", "1.5", 2),
        ("list", "[1,2]", 2), ("dict", "\"{'a': 1}\"", 2), ("tuple", "1,2", 1), ("equals in value", "a=b", 1), ("comment in value", "x#y", 1), ("template", "\"{{ foo }}\"", 2), ("hex", "0x10", 1),
        ("beyond ASCII", "ü", 1), ("empty value", "", 1), ("backslash", "a\\\\b", 1), ("underscore", "1_0", 1), ("parentheses", "(1)", 1));

    private static readonly Gen<Piece> YamlValue = Pick(
        ("yaml int", "1", 4), ("yaml text", "text", 4), ("yaml quoted", "\"1\\t\\u00e9\"", 2), ("yaml single quoted", "'it''s'", 2), ("yaml bool", "yes", 2), ("yaml null", "~", 2), ("yaml list", "[1, two]", 3),
        ("yaml dict", "{x: 1, y: {z: 2}}", 3), ("yaml date", "2020-01-01", 1), ("yaml time", "2001-12-14 21:59:43.1 +1", 1), ("yaml octal", "017", 1), ("yaml sexagesimal", "1:30", 1), ("yaml float", "1.5", 1),
        ("yaml exponent", "1.0e+16", 1), ("yaml infinity", ".inf", 1), ("unsafe", "!unsafe \"{{ x }}\"", 1), ("vault", "!vault |\n$$  $ANSIBLE_VAULT;1.1;AES256\n$$  6162", 1), ("yaml literal", "|\n$$  one\n$$   two\n", 2),
        ("yaml folded", ">-\n$$  one\n$$  two\n", 1), ("yaml tag", "!!str 5", 1), ("yaml merge", "{<<: {x: 1}, y: 2}", 1), ("yaml key of another type", "{1: a}", 1), ("yaml empty collections", "[[], {}]", 1), ("yaml multiline plain", "one\n$$  two", 1));

    private static readonly Gen<Piece> Remark = Pick(("no remark", "", 8), ("remark behind", " # c", 1), ("remark without blank", " #c", 1));

    /// <summary>Whole inventories.</summary>
    public static Gen<GeneratedInventory> Inventories { get; } =
        from sources in Some(Source, 1, 4)
        from variables in Some(VariableFile, 0, 6)
        from question in Gen.Frequency(
            (5, Gen.Constant("list")), (1, Gen.Constant("graph")), (2, Gen.Constant("graph --vars")), (1, Gen.Constant("list --export")),
            (2, Gen.Elements("host h1", "host h2", "host localhost", "host web", "host node-1")))
        from merge in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from single in Gen.Frequency((5, Gen.Constant(false)), (1, Gen.Constant(true)))
        select Build([.. sources, .. variables], question, merge, single);

    private static Gen<(string Name, Piece Text)> Source =>
        from name in Gen.Frequency(
            (4, Gen.Elements("hosts", "10-custom", "20-roles", "zz")), (2, Gen.Elements("a.yml", "b.yaml", "c.json")), (1, Gen.Elements("sub/inner", "x.txt", ".hidden", "d.test")))
        from text in name.EndsWith("ml", StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal) ? YamlText : Gen.Frequency((5, IniText), (1, YamlText))
        select (name, text with { Features = [.. text.Features, FeatureOf(name)] });

    private static Gen<(string Name, Piece Text)> VariableFile =>
        from place in Gen.Frequency(
            (1, Gen.Select(Gen.Elements(Groups), name => $"group_vars/{name}")), (1, Gen.Select(Gen.Elements("h1", "h2", "node-1", "localhost", "10.0.0.1"), name => $"host_vars/{name}")))
        from end in Pick(
            ("file without extension", "", 2), ("file .yml", ".yml", 4), ("file .yaml", ".yaml", 1), ("file .json", ".json", 1), ("folder", "/x.yml", 3), ("folder", "/y", 1), ("folder in a folder", "/sub/z.yml", 1),
            ("hidden in a folder", "/.hid", 1), ("backup in a folder", "/b~", 1), ("other in a folder", "/q.txt", 1))
        from text in Gen.Frequency((12, Mapping("", 4)), (1, Pick(("empty variables", "---\n", 1), ("variables that are a list", "[1]\n", 1), ("broken variables", "a: [\n", 1), ("json variables", "{\"a\": [1, 1.5, null]}\n", 4))))
        select (place + end.Text, text with { Features = [.. text.Features, .. end.Features, place.StartsWith("host", StringComparison.Ordinal) ? "host_vars" : "group_vars"] });

    private static Gen<Piece> IniText =>
        from loose in Some(HostLine, 0, 2)
        from sections in Some(Section, 1, 5)
        from ends in Pick(("line feeds", "\n", 5), ("carriage returns", "\r\n", 1))
        let all = Join([.. loose, .. sections])
        select all with { Text = all.Text.Replace("\n", ends.Text, StringComparison.Ordinal), Features = [.. all.Features, .. ends.Features] };

    private static Gen<Piece> Section =>
        from name in Gen.Elements(Groups)
        from remark in Remark
        from kind in Gen.Frequency((6, Gen.Constant("")), (3, Gen.Constant(":vars")), (3, Gen.Constant(":children")), (1, Gen.Constant(":hosts")))
        from lines in kind switch
        {
            ":vars" => Some(VariableLine, 1, 3),
            // Mostly groups that exist, so that not every file fails.
            ":children" => Some(Gen.Select(Gen.Elements(Groups[..4]), child => new Piece($"{child}\n", ["children"])), 1, 2),
            _ => Some(HostLine, 0, 4),
        }
        let body = Join(lines)
        select new Piece($"[{name}{kind}]{remark.Text}\n{body.Text}", [$"section{kind}", .. remark.Features, .. body.Features]);

    private static Gen<Piece> HostLine =>
        from host in Host
        from variables in Some(Gen.Select(Gen.Zip(Key, IniValue), pair => new Piece($" {pair.Item1.Text}={pair.Item2.Text}", ["inline variable", .. pair.Item1.Features, .. pair.Item2.Features])), 0, 2)
        from remark in Remark
        let all = Join([host, .. variables, remark])
        select all with { Text = all.Text + "\n" };

    private static Gen<Piece> VariableLine =>
        from key in Key
        from equal in Pick(("equals", "=", 3), ("equals with blanks", " = ", 1))
        from value in IniValue
        from remark in Remark
        let all = Join([key, equal, value, remark])
        select all with { Text = all.Text + "\n" };

    private static Gen<Piece> YamlText =>
        from groups in Some(YamlGroup("", 0), 1, 3)
        select Join(groups);

    private static Gen<Piece> YamlGroup(string indent, int depth) =>
        from name in Gen.Elements(Groups)
        from hosts in Some(YamlHost($"{indent}    "), 0, 3)
        from variables in Gen.Frequency((1, Gen.Constant(new Piece("", []))), (1, Mapping($"{indent}    ", 2)))
        from children in depth >= 2 ? Gen.Constant(new List<Piece>()) : Some(YamlGroup($"{indent}    ", depth + 1), 0, 2)
        let parts = (List<Piece>)[
            new Piece($"{indent}{name}:\n", ["yaml group"]),
            .. hosts.Count == 0 ? [] : (Piece[])[new Piece($"{indent}  hosts:\n", ["yaml hosts"]), .. hosts],
            .. variables.Text.Length == 0 ? [] : (Piece[])[new Piece($"{indent}  vars:\n", ["yaml vars"]), variables],
            .. children.Count == 0 ? [] : (Piece[])[new Piece($"{indent}  children:\n", ["yaml children"]), .. children]]
        select Join(parts);

    private static Gen<Piece> YamlHost(string indent) =>
        from name in Pick(("yaml host", "h1", 3), ("yaml host", "h2", 3), ("yaml range", "h[1:3]", 2), ("yaml port", "h5:22", 1), ("yaml host named as a group", "web", 1))
        from variables in Gen.Frequency((1, Gen.Constant(new Piece("", ["yaml host without variables"]))), (1, Mapping($"{indent}  ", 2)))
        select new Piece($"{indent}{name.Text}:\n{variables.Text}", [.. name.Features, .. variables.Features]);

    private static Gen<Piece> Mapping(string indent, int most) =>
        from entries in Some(
            Gen.Select(Gen.Zip(Gen.Elements("a", "b", "d", "c", "\"k k\"", "ansible_host"), YamlValue), pair => new Piece($"{indent}{pair.Item1}: {pair.Item2.Text.Replace("$$", indent, StringComparison.Ordinal)}\n", pair.Item2.Features)), 1, most)
        let all = Join(entries)
        select all;

    private static GeneratedInventory Build(IReadOnlyList<(string Name, Piece Text)> files, string question, bool merge, bool single)
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        var features = new HashSet<string>(StringComparer.Ordinal) { question.Split(' ')[0] == "host" ? "--host" : $"--{question}", merge ? "merge" : "replace" };
        foreach (var (name, text) in files)
        {
            // A name is a file or a folder, not both.
            if (kept.Keys.Any(other => other.StartsWith($"{name}/", StringComparison.Ordinal) || name.StartsWith($"{other}/", StringComparison.Ordinal)))
                continue;
            kept[name] = text.Text;
            features.UnionWith(text.Features);
        }

        var source = single ? kept.Keys.FirstOrDefault(name => !name.Contains('/', StringComparison.Ordinal)) ?? "" : "";
        features.Add(source.Length > 0 ? "one file as source" : "folder as source");
        features.Remove("no remark");
        return new GeneratedInventory(kept, question, merge, source, features);
    }

    private static string FeatureOf(string name) => name switch
    {
        "x.txt" or ".hidden" => "ignored file",
        "sub/inner" => "source in a folder",
        _ when name.Contains('.', StringComparison.Ordinal) => $"source {Path.GetExtension(name)}",
        _ => "source without extension",
    };

    private static Gen<List<T>> Some<T>(Gen<T> one, int least, int most) =>
        from count in Gen.Choose(least, most)
        from items in Gen.ListOf(one, count)
        select items.ToList();

    private static Gen<Piece> Pick(params (string Feature, string Text, int Weight)[] choices) =>
        Gen.Frequency([.. choices.Select(choice => (choice.Weight, Gen.Constant(new Piece(choice.Text, [choice.Feature]))))]);

    private static Piece Join(IReadOnlyCollection<Piece> pieces) => new(string.Concat(pieces.Select(piece => piece.Text)), [.. pieces.SelectMany(piece => piece.Features)]);

    private sealed record Piece(string Text, string[] Features);
}
