using System.Text;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Inventory.Differential;

/// <summary>A folder with an inventory, and the same questions for Ansible and for us.</summary>
internal sealed class InventoryCase : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <param name="files">Content by name. A name that ends with <c>*</c> makes an executable file.</param>
    public InventoryCase(IEnumerable<KeyValuePair<string, string>> files)
    {
        Directory.CreateDirectory(_folder["inventory"]);
        Directory.CreateDirectory(_folder["elsewhere"]);
        foreach (var (name, content) in files)
            Write(name, content);
    }

    /// <summary>The folder of the files.</summary>
    public string Inventory => _folder["inventory"];

    /// <summary>Working directory of both: nothing is there.</summary>
    public string Elsewhere => _folder["elsewhere"];

    public string this[string name] => Path.Combine(Inventory, name);

    /// <summary>Asks both and compares; the text of an assertion that fails shows all files.</summary>
    /// <param name="question"><c>list</c>, <c>list --export</c>, <c>graph</c>, <c>graph --vars</c> or <c>host NAME</c>.</param>
    /// <param name="options">The same for both, such as <c>-i</c>.</param>
    public async Task CompareAsync(AnsibleOracle oracle, string question, IReadOnlyList<string> options, bool merge = false)
    {
        var difference = await DifferenceAsync(oracle, question, options, merge);
        Assert.True(difference.Length == 0, difference);
    }

    /// <summary>As <see cref="CompareAsync"/>, but tells of the difference; empty when there is none.</summary>
    public async Task<string> DifferenceAsync(AnsibleOracle oracle, string question, IReadOnlyList<string> options, bool merge = false)
    {
        string[] words = question.Split(' ', 2) switch
        {
            ["host", var name] => ["--host", name],
            ["list", var rest] => ["--list", rest],
            ["graph", var rest] => ["--graph", rest],
            var alone => [$"--{alone[0]}"],
        };
        var expected = await oracle.AskAsync([.. options, .. words], merge, folder: Elsewhere);
        // Before Ansible merges two dictionaries it compares them, and for that opens what is encrypted in them; we do not.
        if (merge && !expected.Succeeded && expected.Talk.Contains("no vault secrets found", StringComparison.Ordinal))
            return "";
        var actual = Ask([.. question.Split(' ', 2), .. options], merge);
        var same = expected.Succeeded == actual.Succeeded
            && (expected.IsUnsorted ? expected.Lines == actual.Lines : expected.Output == actual.Output);
        return same ? "" : Describe(question, options, merge, expected, actual);
    }

    /// <summary>Empty when both mean the same hosts. Hosts of groups of groups come in the order of a Python set there, which nobody can know.</summary>
    public async Task<string> PatternDifferenceAsync(AnsibleOracle oracle, IReadOnlyList<string> options, string pattern)
    {
        var expected = await oracle.AskAsync(options, pattern: pattern);
        var actual = Ask(["match", .. options, "--", pattern]);
        if (expected.Succeeded != actual.Succeeded)
            return $"'{pattern}': Ansible {expected}, we {actual}";
        return !expected.Succeeded || expected.Output == actual.Output || expected.Lines == actual.Lines ? "" : $"'{pattern}': Ansible {expected}, we {actual}";
    }

    /// <summary>Asks us.</summary>
    public InventoryAnswer Ask(string[] arguments, bool merge = false)
    {
        using var output = new MemoryStream();
        using var talk = new StringWriter();
        try
        {
            InventoryCommand.Run(
                arguments, name => name switch { "ANSIBLE_CONFIG" => "/nonexistent.cfg", "ANSIBLE_HASH_BEHAVIOUR" when merge => "merge", _ => null }, Elsewhere, output, talk);
            return new InventoryAnswer(true, Encoding.UTF8.GetString(output.ToArray()), talk.ToString());
        }
        catch (OsismException e)
        {
            return new InventoryAnswer(false, Encoding.UTF8.GetString(output.ToArray()), $"{talk}error: {e.Code.Code}: {e.Message}");
        }
    }

    public void Write(string name, string content)
    {
        var path = this[name.TrimEnd('*')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // A character from U+DC80 to U+DCFF stands for a byte that is not UTF-8.
        File.WriteAllBytes(path, [.. content.EnumerateRunesOrBytes()]);
        if (name.EndsWith('*'))
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
    }

    public void Dispose() => _folder.Dispose();

    private string Describe(string question, IReadOnlyList<string> options, bool merge, InventoryAnswer expected, InventoryAnswer actual)
    {
        var text = new StringBuilder($"{question} {string.Join(' ', options)}{(merge ? " (merge)" : "")}\n");
        foreach (var file in Directory.EnumerateFiles(Inventory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            text.Append($"--- {Path.GetRelativePath(Inventory, file)}\n{File.ReadAllText(file)}\n");
        text.Append($"=== Ansible {(expected.Succeeded ? "" : "FAILED")}\n{expected.Output}\n{expected.Talk}\n=== we {(actual.Succeeded ? "" : "FAILED")}\n{actual.Output}\n{actual.Talk}");
        return text.ToString();
    }
}

internal static class BytesInText
{
    public static IEnumerable<byte> EnumerateRunesOrBytes(this string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= '\udc80' and <= '\udcff' && (i == 0 || !char.IsHighSurrogate(text[i - 1])))
            {
                yield return (byte)(text[i] - 0xdc00);
                continue;
            }

            var length = char.IsHighSurrogate(text[i]) ? 2 : 1;
            foreach (var one in Encoding.UTF8.GetBytes(text.Substring(i, length)))
                yield return one;
            i += length - 1;
        }
    }
}
