using System.Globalization;
using System.Text;
using FsCheck.Fluent;
using Osism.Testing;

namespace Osism.Tests.Inventory.Differential;

/// <summary>The engine against the real Ansible: the output must be the same to the last byte.</summary>
public sealed class DifferentialTests(AnsibleOracle oracle) : IClassFixture<AnsibleOracle>
{
    private const int Generated = 400;

    private static readonly string[] Questions = ["list", "graph --vars", "list --export", "host h1", "host localhost"];

    /// <summary>Python draws a set in an order that changes from run to run; and a value inside itself as <c>[...]</c>, where here it is a finding.</summary>
    private static readonly string[] NotDrawn = ["yaml set", "yaml holding itself", "yaml: tag set"];

    public static TheoryData<string> HandMade => [.. HandMadeCases.All.Keys];

    public static TheoryData<string> Corpus => [.. CorpusCases.All.Keys];

    [Theory]
    [MemberData(nameof(HandMade))]
    public async Task Reads_it_as_ansible_does(string name)
    {
        using var folder = new InventoryCase(HandMadeCases.Files(HandMadeCases.All[name]));
        foreach (var question in Questions.Where(question => question != "graph --vars" || !NotDrawn.Contains(name)))
            await folder.CompareAsync(oracle, question, ["-i", folder.Inventory]);
        await folder.CompareAsync(oracle, "list", ["-i", folder.Inventory], merge: true);
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task Reads_the_corpus_as_ansible_does(string name)
    {
        var one = CorpusCases.All[name];
        using var folder = new InventoryCase(one.Files);
        string[] options = one.Options.Count == 0 ? ["-i", folder.Inventory] : [.. one.Options.Select(word => Resolve(folder, word))];
        foreach (var question in Questions.Where(question => question != "graph --vars" || !NotDrawn.Contains(name)))
            await folder.CompareAsync(oracle, question, options);
        await folder.CompareAsync(oracle, "list", options, merge: true);
        var differences = new List<string>();
        foreach (var pattern in one.Patterns)
        {
            var difference = await folder.PatternDifferenceAsync(oracle, options, one.Files.Keys.Aggregate(pattern, (text, file) => text.Replace($"{{{file}}}", folder[file], StringComparison.Ordinal)));
            if (difference.Length > 0)
                differences.Add(difference);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public async Task Reads_generated_inventories_as_ansible_does()
    {
        var shares = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var one in Chance.Sample(InventoryGenerators.Inventories, Generated))
        {
            using var folder = new InventoryCase(one.Files);
            await folder.CompareAsync(oracle, one.Question, ["-i", Path.Join(folder.Inventory, one.Source)], one.Merge);
            foreach (var feature in one.Features)
                shares[feature] = shares.GetValueOrDefault(feature) + 1;
        }

        var text = new StringBuilder($"share of each feature in {Generated} generated inventories:\n");
        foreach (var (feature, count) in shares)
            text.Append(CultureInfo.InvariantCulture, $"  {100.0 * count / Generated,5:0.0} %  {feature}\n");
        // Printed with the run, as the share is part of the proof.
        await Console.Out.WriteLineAsync(text.ToString());
        Assert.True(shares.Count > 90, text.ToString());
    }

    [Fact]
    public async Task Several_sources_and_a_playbook_count_as_they_do_there()
    {
        using var folder = new InventoryCase(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["one/hosts"] = "[web]\nh1 a=1\n[web:vars]\ng=one\n",
            ["one/group_vars/web.yml"] = "v: one\nd: {x: 1}\n",
            ["one/group_vars/all.yml"] = "w: one\n",
            ["two/hosts"] = "[web]\nh1 a=2\nh2\n[web:vars]\ng=two\n",
            ["two/group_vars/all.yml"] = "v: two\nw: two\n",
            ["two/group_vars/web.yml"] = "d: text\n",
            ["two/host_vars/h1.yml"] = "v: host\n",
            ["play/group_vars/all.yml"] = "w: play\np: 1\n",
            ["play/group_vars/web.yml"] = "d: {y: 2}\n",
            ["play/host_vars/h2.yml"] = "v: play\n",
        });
        string[] both = ["-i", folder["one"], "-i", folder["two/hosts"]];
        foreach (var question in (string[])["list", "graph --vars", "list --export", "host h1"])
        {
            foreach (var merge in (bool[])[false, true])
            {
                await folder.CompareAsync(oracle, question, both, merge);
                await folder.CompareAsync(oracle, question, [.. both, "--playbook-dir", folder["play"]], merge);
                await folder.CompareAsync(oracle, question, [.. both, "-i", "h1,h9:23,fe80::1,x[1:2]"], merge);
                await folder.CompareAsync(oracle, question, ["-i", folder["nosuch"]], merge);
            }
        }
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("other")]
    public async Task Encrypted_files_and_values_are_opened_with_the_password(string password)
    {
        var vault = Protocols.Vault.AnsibleVault.Encrypt("a: 1\nb: [x]\n"u8, "secret");
        var inline = Encoding.UTF8.GetString(Protocols.Vault.AnsibleVault.Encrypt("hidden"u8, "secret")).Replace("\n", "\n  ", StringComparison.Ordinal);
        using var folder = new InventoryCase(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["hosts"] = "[web]\nh1\n",
            ["group_vars/web/plain.yml"] = $"i: !vault |\n  {inline}\nk: 1\n",
            ["password"] = password + "\n",
        });
        await File.WriteAllBytesAsync(folder["group_vars/web/secrets.yml"], vault, TestContext.Current.CancellationToken);
        foreach (var question in (string[])["list", "graph --vars", "graph", "host h1"])
            await folder.CompareAsync(oracle, question, ["-i", folder["hosts"], "--vault-password-file", folder["password"]]);
    }

    [Theory]
    [InlineData("examples/pod/inventory")]
    public async Task Reads_the_sample_repository_as_ansible_does(string path)
    {
        using var folder = new InventoryCase([]);
        foreach (var question in (string[])["list", "graph", "graph --vars", "list --export", "host manager-0"])
            await folder.CompareAsync(oracle, question, ["-i", Checkout.PathOf(path.Split('/'))]);
    }

    /// <summary>A name of a file or folder as a path; options and lists of hosts stay.</summary>
    private static string Resolve(InventoryCase folder, string word) =>
        word.StartsWith('-') || word.Contains(',', StringComparison.Ordinal) ? word : Path.GetFullPath(folder[word]);

    [Fact]
    public async Task Reads_a_site_of_the_size_of_the_testbed_as_ansible_does()
    {
        using var folder = new InventoryCase(SampleSite.Files(hosts: 11, groups: 293, variables: 1500));
        foreach (var question in (string[])["list", "graph", "host node-3"])
            await folder.CompareAsync(oracle, question, ["-i", folder.Inventory]);
    }
}
