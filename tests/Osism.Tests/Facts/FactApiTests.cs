using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Facts;
using Osism.Daemon.Facts;
using Osism.Tests.Hosting;

namespace Osism.Tests.Facts;

/// <summary>Facts from the recorder's call to the answers of the API.</summary>
public sealed class FactApiTests : IAsyncLifetime
{
    private static readonly Guid Job = Guid.CreateVersion7();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api", ["OSISM_FACTS__HISTORY"] = "3" });
        await File.WriteAllTextAsync(Path.Combine(_manager.Repository, "inventory", "hosts"), "[generic]\nnode-0\nnode-1\nnode-2\n", _token);
    }

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task What_the_recorder_stores_is_shown_with_its_age_and_its_job()
    {
        await SeeAsync("node-0", """{"ansible_distribution": "Debian", "ansible_eth0.100": {"ipv4": {"address": "10.0.0.1"}}, "gather_subset": ["all"]}""", -60);

        var all = await _manager.GetAsync($"{ApiRoutes.Facts}/node-0", OsismJson.Default.HostFactsInfo);
        Assert.Equal(("node-0", Job, "Debian"), (all.Host, all.Job, all.Facts.GetProperty("ansible_distribution").GetString()));
        Assert.InRange(all.AgeSeconds, 59, 120);

        // A key may hold dots itself.
        var part = await QueryAsync("node-0", "ansible_eth0.100.ipv4.address");
        Assert.Equal("10.0.0.1", part.Facts.GetProperty("ansible_eth0.100.ipv4.address").GetString());
        Assert.Equal("Debian", (await QueryAsync("node-0", "distribution")).Facts.GetProperty("distribution").GetString());

        var ages = await _manager.GetAsync(ApiRoutes.Facts, OsismJson.Default.PageFactAgeInfo);
        Assert.Equal(["fresh", "missing", "missing"], ages.Items.Select(age => age.State));
    }

    [Fact]
    public async Task An_older_event_and_the_same_one_again_change_nothing()
    {
        await SeeAsync("node-0", """{"a": "new"}""", -10);
        await SeeAsync("node-0", """{"a": "old", "b": 1}""", -20);
        await SeeAsync("node-0", """{"a": "new"}""", -10);

        var facts = await QueryAsync("node-0", null);
        Assert.Equal("""{"a":"new","b":1}""", facts.Facts.GetRawText());
        Assert.Single((await _manager.GetAsync(ApiRoutes.FactHistory("node-0", "a"), OsismJson.Default.PageFactVersionInfo)).Items);
    }

    [Fact]
    public async Task History_has_only_changes_is_bounded_and_leaves_out_what_always_changes()
    {
        for (var i = 0; i < 6; i++)
        {
            await SeeAsync("node-0", $$$"""{"a": {"x": {{{i}}}, "same": 1}, "ansible_uptime_seconds": {{{i}}}}""", i * 2);
            await SeeAsync("node-0", $$$"""{"a": {"x": {{{i}}}, "same": 1}, "ansible_uptime_seconds": {{{i + 100}}}}""", (i * 2) + 1);
        }

        var history = (await _manager.GetAsync(ApiRoutes.FactHistory("node-0", "a.x"), OsismJson.Default.PageFactVersionInfo)).Items;
        Assert.Equal(["5", "4", "3", "2"], history.Select(version => version.Value!.Value.GetRawText()));
        Assert.Equal(history.Skip(1).Select(version => version.Until), history.SkipLast(1).Select(version => (DateTimeOffset?)version.Since));
        Assert.Null(history[0].Until);
        Assert.Single((await _manager.GetAsync(ApiRoutes.FactHistory("node-0", "a.same"), OsismJson.Default.PageFactVersionInfo)).Items);
        Assert.Single((await _manager.GetAsync(ApiRoutes.FactHistory("node-0", "ansible_uptime_seconds"), OsismJson.Default.PageFactVersionInfo)).Items);
    }

    [Fact]
    public async Task What_JSON_does_not_have_and_what_is_huge_is_stored()
    {
        var huge = new string('x', 10 << 20);
        await SeeAsync("node-0", $$"""{"nul": "a\u0000b", "nan": NaN, "half": "\ud83d", "huge": "{{huge}}"}""", 0);
        await SeeAsync("node-0", "[1]", 1);
        await SeeAsync("no\0de", """{"a": 1}""", 0);

        var facts = (await QueryAsync("node-0", null)).Facts;
        Assert.Equal(("a\0b", JsonValueKind.Null, huge.Length), (facts.GetProperty("nul").GetString(), facts.GetProperty("nan").ValueKind, facts.GetProperty("huge").GetString()!.Length));
    }

    [Fact]
    public async Task Secrets_are_hidden_from_those_who_may_only_read()
    {
        await SeeAsync("node-0", """{"ansible_local": {"db": {"admin_password": "hunter22", "name": "x"}}, "api_token": {"a": 1}, "vault": "$ANSIBLE_VAULT;1.1"}""", 0);

        var masked = (await _manager.GetAsync($"{ApiRoutes.Facts}/node-0", OsismJson.Default.HostFactsInfo)).Facts.GetRawText();
        Assert.Equal("""{"ansible_local":{"db":{"admin_password":"***","name":"x"}},"api_token":"***","vault":"***"}""", masked);
        Assert.Contains("hunter22", (await QueryAsync("node-0", null)).Facts.GetRawText(), StringComparison.Ordinal);
        Assert.Empty((await _manager.GetAsync(ApiRoutes.FactsThatFit(["local.db.admin_password=hunter*"], null), OsismJson.Default.PageFoundFactInfo)).Items);
        var cached = await _manager.GetAsync($"{ApiRoutes.InventoryHosts}/node-0/facts", OsismJson.Default.CachedFactsInfo);
        Assert.Equal((3, true, "***"), (cached.Count, cached.FromCache, cached.Facts[1].Value.GetString()));
        var one = await _manager.GetAsync($"{ApiRoutes.InventoryHosts}/node-0/facts/vault", OsismJson.Default.CachedFactInfo);
        Assert.Equal(("vault", "***"), (one.Name, one.Value.GetString()));
        var problem = await Manager.ProblemAsync(_manager.Tcp.PostAsJsonAsync(ApiRoutes.FactsQuery, new FactQuery("node-0", null), OsismJson.Default.FactQuery, _token));
        Assert.Equal("access.denied", problem.Code);
    }

    [Fact]
    public async Task Hosts_are_found_by_their_facts_and_compared()
    {
        await SeeAsync("node-0", """{"ansible_distribution_version": "12.10", "ansible_cmdline": {"quiet": true, "root": "/dev/sda"}, "ansible_uptime_seconds": 1}""", 0);
        await SeeAsync("node-1", """{"ansible_distribution_version": "12.9", "ansible_cmdline": {"quiet": true, "root": "/dev/sdb"}, "ansible_uptime_seconds": 2, "only": 1}""", 0);

        Assert.Equal(["node-0"], await FindAsync("ansible_distribution_version>12.9"));
        Assert.Equal(["node-0", "node-1"], await FindAsync("distribution_version=12*"));
        Assert.Equal(["node-1"], (await FindAsync("distribution_version=12*", "cmdline.root~b$")).Distinct(StringComparer.Ordinal));
        var differences = (await _manager.GetAsync(ApiRoutes.FactDifferences("node-0", "node-1", all: false), OsismJson.Default.PageFactDifferenceInfo)).Items;
        Assert.Equal(["ansible_cmdline.root True True", "ansible_distribution_version True True", "only False True"], differences.Select(row => $"{row.Fact} {row.InA} {row.InB}"));

        async Task<IEnumerable<string>> FindAsync(params string[] conditions) =>
            (await _manager.GetAsync(ApiRoutes.FactsThatFit(conditions, null), OsismJson.Default.PageFoundFactInfo)).Items.Select(found => found.Host);
    }

    [Fact]
    public async Task A_host_without_facts_and_one_that_does_not_exist_are_told_apart()
    {
        var missing = await Manager.ProblemAsync(_manager.Http.GetAsync($"{ApiRoutes.Facts}/node-1", _token));
        Assert.Equal("facts.missing", missing.Code);
        var unknown = await Manager.ProblemAsync(_manager.Http.GetAsync($"{ApiRoutes.Facts}/nod-1", _token));
        Assert.Equal(("host.unknown", "node-1"), (unknown.Code, unknown.Nearest![0]));
        await SeeAsync("node-1", """{"ansible_distribution": "Debian"}""", 0);
        var fact = await Manager.ProblemAsync(_manager.Http.GetAsync($"{ApiRoutes.InventoryHosts}/node-1/facts/ansible_distributoin", _token));
        Assert.Equal(("fact.unknown", "ansible_distribution"), (fact.Code, fact.Nearest![0]));
    }

    [Fact]
    public async Task A_reset_takes_them_from_Ansible_and_says_so()
    {
        await SeeAsync("node-0", """{"a": 1}""", -5);
        await SeeAsync("node-1", """{"a": 1}""", -5);
        var folder = Path.Combine(_manager.Home.Cache, "facts");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "node-0"), "{}", _token);
        await File.WriteAllTextAsync(Path.Combine(folder, "node-1"), "{}", _token);

        var reset = await Manager.ReadAsync(
            await _manager.Http.PostAsJsonAsync(ApiRoutes.FactsReset, new ResetFacts("node-0"), OsismJson.Default.ResetFacts, _token), OsismJson.Default.ResetFactsInfo);

        Assert.Equal(["node-0"], reset.Hosts);
        Assert.Equal(1, reset.Cached);
        Assert.Equal(["node-1"], Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)));
        Assert.True((await QueryAsync("node-0", null)).Reset);
        var ages = await _manager.GetAsync(ApiRoutes.FactAges("node-0:node-1"), OsismJson.Default.PageFactAgeInfo);
        Assert.Equal(["reset", "fresh"], ages.Items.Select(age => age.State));
        await SeeAsync("node-0", """{"a": 1}""", 60);
        Assert.False((await QueryAsync("node-0", null)).Reset);
    }

    [Fact]
    public async Task States_are_the_sections_of_the_local_facts()
    {
        await SeeAsync("node-0", """{"ansible_local": {"osism": {"maintenance": {"status": "True", "timestamp": "t"}}}}""", 0);

        var states = (await _manager.GetAsync(ApiRoutes.HostStates("node-0"), OsismJson.Default.PageHostStateInfo)).Items;

        Assert.Equal(new HostStateInfo("maintenance", "True", "t"), Assert.Single(states));
    }

    [Fact]
    public async Task Two_thousand_hosts_are_listed_and_searched_within_seconds()
    {
        var values = string.Join(", ", Enumerable.Range(0, 120).Select(i => $"\"ansible_{i}\": \"{new string((char)('a' + (i % 26)), 180)}\""));
        var facts = Enumerable.Range(0, 2000).Select(i => new SeenFacts($"host-{i:0000}", "setup", _now, Job, Encoding.UTF8.GetBytes($$"""{ {{values}}, "n": {{i}}, "gather_subset": ["all"]}"""))).ToList();
        var cpu = Stopwatch.StartNew();
        foreach (var chunk in facts.Chunk(50))
            await AddAsync(chunk);
        var added = cpu.Elapsed;
        await _manager.Get<FactsIntake>().TakeInAsync(_token);
        var taken = cpu.Elapsed - added;

        cpu.Restart();
        var ages = await _manager.GetAsync(ApiRoutes.Facts, OsismJson.Default.PageFactAgeInfo);
        var listed = cpu.Elapsed;
        Assert.Equal(2003, ages.Items.Count);
        cpu.Restart();
        Assert.Equal(10, (await _manager.GetAsync(ApiRoutes.FactsThatFit(["n<10"], null), OsismJson.Default.PageFoundFactInfo)).Items.Count);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"2000 hosts of {facts[0].Document.Length} bytes: added in {added.TotalMilliseconds:0} ms, taken in in {taken.TotalMilliseconds:0} ms, listed in {listed.TotalMilliseconds:0} ms, searched in {cpu.ElapsedMilliseconds} ms");
        Assert.True(listed < TimeSpan.FromSeconds(5) && cpu.Elapsed < TimeSpan.FromSeconds(60), $"{listed}, {cpu.Elapsed}");
    }

    private Task SeeAsync(string host, string document, double seconds) => AddAsync([new SeenFacts(host, "ansible.builtin.setup", _now.AddSeconds(seconds), Job, Encoding.UTF8.GetBytes(document))]);

    private async Task AddAsync(IReadOnlyList<SeenFacts> facts)
    {
        await using var connection = await _manager.Get<NpgsqlDataSource>().OpenConnectionAsync(_token);
        await using var transaction = await connection.BeginTransactionAsync(_token);
        await using var batch = new NpgsqlBatch(connection, transaction);
        FactsWriter.AddTo(batch, facts);
        await batch.ExecuteNonQueryAsync(_token);
        await transaction.CommitAsync(_token);
    }

    private async Task<HostFactsInfo> QueryAsync(string host, string? fact) => await Manager.ReadAsync(
        await _manager.Http.PostAsJsonAsync(ApiRoutes.FactsQuery, new FactQuery(host, fact), OsismJson.Default.FactQuery, _token), OsismJson.Default.HostFactsInfo);
}
