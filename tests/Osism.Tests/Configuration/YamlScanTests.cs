using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Osism.Daemon.Configuration;
using Osism.Testing;

namespace Osism.Tests.Configuration;

/// <summary>What is said of a YAML text is what Ansible's library says.</summary>
public sealed class YamlScanTests
{
    private readonly YamlScan _scan = new(new YamlArbiter());

    [Theory]
    [InlineData("a: 1\n", "Mapping")]
    [InlineData("a: 1\na: 2\n", "Mapping")]
    [InlineData("a: !unsafe '{{ x'\nb: !anything {c: d}\n", "Mapping")]
    [InlineData("\ufeffa: 1\n", "Mapping")]
    [InlineData("{\"a\":\t1}\n", "Mapping")]
    [InlineData("[\t1]\n", "Sequence")]
    [InlineData("- hosts: all\n  tasks:\n    - debug: msg=\"x\"\n", "Sequence")]
    [InlineData("a: \"one\ntwo\"\n", "Mapping")]
    [InlineData("", "Empty")]
    [InlineData("~", "Empty")]
    [InlineData("---\n...\n", "Empty")]
    [InlineData("text", "Scalar")]
    [InlineData("''", "Scalar")]
    public async Task What_ansible_takes_is_sound(string text, string root)
    {
        var facts = await ScanAsync(text);
        Assert.Null(facts.Problem);
        Assert.Equal(root, facts.Root.ToString());
    }

    [Theory]
    [InlineData("a: 1\nb: c: d\n", 2)]
    [InlineData("a: [1\nb: 2\n", 2)]
    [InlineData("a: [1, 2\n", 2)]
    [InlineData("a: 1\n\tb: 2\n", 2)]
    [InlineData("a:\n  - b\n - c\n", 3)]
    [InlineData("a: 1\n---\nb: 2\n", 2)]
    [InlineData("a: 1\nb: *nowhere.x y\n", 2)]
    [InlineData("a: 1\nb: 'c\n", 3)]
    [InlineData("{\"a\": 1,}}\n", 1)]
    public async Task What_ansible_refuses_is_named_with_its_line(string text, int line) => Assert.Equal(line, (await ScanAsync(text)).Problem?.Line);

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_named_with_their_line()
    {
        var facts = await _scan.ScanAsync("f", new byte[] { 0x61, 0x3a, 0x20, 0x31, 0x0a, 0x62, 0x3a, 0x20, 0xff, 0x0a }, TestContext.Current.CancellationToken);
        Assert.Equal(2, facts.Problem?.Line);
    }

    [Theory]
    [InlineData("a: 1\nb: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3031\nc: [!vault x, y]\nd: {e: !vault-encrypted z}\n")]
    // The second line of the quoted text is not indented: ours cannot read it.
    [InlineData("a: \"1\n2\"\nb: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3031\nc: [!vault x, y]\nd: {e: !vault-encrypted z}\n")]
    public async Task Values_that_are_vault_texts_are_found_by_both_readers(string text)
    {
        var facts = await ScanAsync(text);
        Assert.Equal(["$ANSIBLE_VAULT;1.1;AES256\n3031\n", "x", "z"], facts.Inline.Select(value => value.Text));
        var shift = text.Split('\n').Length - 7;
        Assert.Equal([2 + shift, 5 + shift, 6 + shift], facts.Inline.Select(value => value.Line));
        Assert.Contains("y", facts.Reading.Values);
        Assert.DoesNotContain("c", facts.Reading.Values);
    }

    [Fact]
    public void A_value_at_the_top_is_found_by_its_key()
    {
        var reading = YamlReading.Read("x: {key: inner}\nother: key\nkey: |\n  line\n  line\nlast: 1\n").Reading!;
        Assert.Equal("line\nline\n", reading.TopValue("key")?.Value);
        Assert.Equal("1", reading.TopValue("last")?.Value);
        Assert.Null(reading.TopValue("x"));
        Assert.Null(reading.TopValue("inner"));
    }

    [Fact]
    public async Task No_text_that_ansible_takes_is_refused()
    {
        var source = new Random(4);
        const string Text = "---\n# c\nname: \"{{ a | b }}\"\nlist:\n  - x: 'y'\n    z: |\n      many\n      lines\n  - [1, {a: b}]\nkey: value # c\nlast: \"two\n  lines\"\n";
        const string Marks = ":-[]{}'\"|>#&*!%@`,?\t \n";
        var texts = Enumerable.Range(0, 250).Select(_ =>
        {
            var at = source.Next(Text.Length);
            return source.Next(3) switch
            {
                0 => Text.Remove(at, 1),
                1 => Text[..at],
                _ => Text.Insert(at, Marks[source.Next(Marks.Length)].ToString()),
            };
        }).Distinct(StringComparer.Ordinal).ToList();
        const string Script = """
            import json, sys, yaml
            def line(t):
                try:
                    return 0 if sum(isinstance(e, yaml.DocumentStartEvent) for e in yaml.parse(t, Loader=yaml.CSafeLoader)) < 2 else -1
                except yaml.YAMLError as e:
                    return e.problem_mark.line + 1
            print(json.dumps([line(t) for t in json.load(sys.stdin)]))
            """;
        using var python = Process.Start(new ProcessStartInfo("python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        await python.StandardInput.WriteAsync(JsonSerializer.Serialize(texts));
        python.StandardInput.Close();
        var lines = JsonSerializer.Deserialize<int[]>(await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken))!;
        foreach (var (text, line) in texts.Zip(lines).Where(pair => pair.Second >= 0))
        {
            var problem = (await ScanAsync(text)).Problem;
            // What ours takes and Ansible does not ends the run with Ansible's words; the other way round it would never run.
            if (problem is not null)
                Assert.Equal(line, problem.Line);
        }
    }

    [Fact]
    public async Task A_file_is_read_again_when_it_changed_however_quickly()
    {
        using var folder = new TempFolder();
        var files = new YamlFiles(_scan, TimeProvider.System);
        Assert.Null(await files.FindAsync(folder["f.yml"], TestContext.Current.CancellationToken));
        for (var i = 10; i < 40; i++)
        {
            await File.WriteAllTextAsync(folder["f.yml"], $"a: {i}\n", TestContext.Current.CancellationToken);
            var facts = await files.FindAsync(folder["f.yml"], TestContext.Current.CancellationToken);
            Assert.Equal((await ScanAsync($"a: {i}\n")).Sha256, facts!.Sha256);
        }
    }

    private Task<YamlFacts> ScanAsync(string text) => _scan.ScanAsync("secrets.yml", Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
}
