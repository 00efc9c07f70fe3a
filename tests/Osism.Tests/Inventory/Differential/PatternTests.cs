using FsCheck.Fluent;

namespace Osism.Tests.Inventory.Differential;

/// <summary>Host patterns against the real Ansible.</summary>
public sealed class PatternTests(AnsibleOracle oracle) : IClassFixture<AnsibleOracle>
{
    private const string Hosts = """
        lone
        fe80::1
        [web]
        web[1:5]
        web-a.example.org
        [db]
        db[01:03]
        web2
        [app]
        10.0.0.[1:3]
        [prod:children]
        web
        db
        [all]
        odd

        """;

    private static readonly string[] Pieces =
    [
        "web", "db", "app", "prod", "all", "ungrouped", "web1", "web2", "db01", "lone", "fe80::1", "10.0.0.1", "localhost", "127.0.0.1", "nosuch", "*", "web*", "w?b*", "[wd]*", "[!w]*",
        "~web[1-3]", "~(web|db)", "~.*0.*", "~web$", "!", "&", "!web", "&web", "!web1", "&db", "!~web[12]", "&~.*1", ":", ",", ":", ",", ":", " , ", "[0]", "[1]", "[-1]", "[0:1]", "[1:]", "[0:0]", "[2:1]",
        "[9]", "[1-2]", "[", "[]]*", "[a-c", "*.example.org", "::1", "web:80", "!all", "[1:0]", "web[1:3]",
    ];

    [Theory]
    [InlineData("web:db")]
    [InlineData("web,db")]
    [InlineData("web:!web1:&prod")]
    [InlineData("!web")]
    [InlineData("&web")]
    [InlineData("web[0]")]
    [InlineData("web[-1]")]
    [InlineData("web[1:3]")]
    [InlineData("web[2:]")]
    [InlineData("web[0:0]")]
    [InlineData("web[99]")]
    [InlineData("db[0:2],web[1]")]
    [InlineData("~(web|db)[12]")]
    [InlineData("~web[")]
    [InlineData("*.example.org")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1,web1")]
    [InlineData("web1:80")]
    [InlineData("10.0.0.1:10.0.0.2")]
    [InlineData("[wd]*")]
    [InlineData("[!w]*")]
    [InlineData("al*")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:localhost::")]
    [InlineData("localhost,::1,127.0.0.1")]
    [InlineData("localhost:!127.0.0.1")]
    [InlineData("nosuch")]
    [InlineData("web2:web")]
    [InlineData("prod:!db")]
    [InlineData("  web1 , db01 ")]
    public async Task Means_the_same_hosts_as_there(string pattern)
    {
        using var folder = new InventoryCase([new("hosts", Hosts)]);
        Assert.Equal("", await DifferenceAsync(folder, pattern));
    }

    [Fact]
    public async Task Means_the_same_hosts_for_generated_patterns()
    {
        using var folder = new InventoryCase([new("hosts", Hosts)]);
        var patterns = Chance.Sample(Gen.Select(Gen.ListOf(Gen.Elements(Pieces), 5), parts => string.Concat(parts)), 400)
            .Concat(Chance.Sample(Gen.Select(Gen.ListOf(Gen.Elements(Pieces), 3), parts => string.Concat(parts)), 400))
            // What is a regular expression differs between the languages at its edges.
            .Where(pattern => pattern.Trim().Length > 0 && pattern.Count(letter => letter == '~') < 2 && !pattern.Contains("$*", StringComparison.Ordinal)).Distinct();
        foreach (var pattern in patterns)
            Assert.Equal("", await DifferenceAsync(folder, pattern));
    }

    [Fact]
    public void A_file_of_patterns_is_a_list_of_them()
    {
        using var folder = new InventoryCase([new("hosts", Hosts), new("limit", "web1\n\n  db01 \n!web2\n")]);
        Assert.Equal("web1\ndb01\n", folder.Ask(["match", $"@{folder["limit"]}", "-i", folder["hosts"]]).Output);
        Assert.Equal("[\n    {\n        \"host\": \"web1\"\n    }\n]\n", folder.Ask(["match", "web1", "-i", folder["hosts"], "--format", "json"]).Output);
        Assert.Contains("cannot be read", folder.Ask(["match", $"@{folder["nosuch"]}", "-i", folder["hosts"]]).Talk, StringComparison.Ordinal);
    }

    /// <summary>Empty when there is none. Hosts of groups of groups come in the order of a Python set there, which nobody can know.</summary>
    private async Task<string> DifferenceAsync(InventoryCase folder, string pattern)
    {
        var expected = await oracle.AskAsync(["-i", folder["hosts"]], pattern: pattern);
        var actual = folder.Ask(["match", "-i", folder["hosts"], "--", pattern]);
        var same = expected.Succeeded == actual.Succeeded && (expected.Lines == actual.Lines || !expected.Succeeded)
            && (pattern.AsSpan().IndexOfAny("*~!&") >= 0 || pattern.Contains("all", StringComparison.Ordinal) || pattern.Contains("prod", StringComparison.Ordinal) || expected.Output == actual.Output || !expected.Succeeded);
        return same ? "" : $"'{pattern}': Ansible {expected}, we {actual}";
    }
}
