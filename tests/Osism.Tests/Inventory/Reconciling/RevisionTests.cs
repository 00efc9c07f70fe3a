using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory;
using Osism.Testing;
using Osism.Tests.Hosting;

namespace Osism.Tests.Inventory.Reconciling;

/// <summary>Revisions by the API, with a manager that watches its repository.</summary>
public sealed class RevisionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = Bounds.Long;

    private Manager _manager = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync();

        // Its first look, which must not take what the tests write for what was there.
        await Eventually.TrueAsync("the watchdog has begun", () => Current() is not null, Patience, Token);
        Write("inventory/20-roles", "[generic]\nnode-0\nnode-1\n");
        Write("inventory/host_vars/node-0.yml", "a: 1\nb: 2\n");
        await SyncAsync();
    }

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task A_change_of_a_file_is_published_by_itself()
    {
        var before = (await SyncAsync()).Revision;
        Write("inventory/host_vars/node-1.yml", "new: 1\n");
        await Eventually.TrueAsync("the watchdog publishes", () => Current() > before, Patience, Token);
        Assert.Equal("watch", (await ListAsync())[0].Cause);
    }

    [Fact]
    public async Task Two_hundred_changes_are_few_looks()
    {
        var snapshots = _manager.Get<InventorySnapshots>();
        await Task.Delay(TimeSpan.FromSeconds(1), Token);
        var before = snapshots.Runs;
        for (var i = 0; i < 200; i++)
            Write($"inventory/host_vars/node-0/{i:d3}.yml", $"v{i}: 1\n");
        File.Delete(Path.Combine(_manager.Repository, "inventory/host_vars/node-0.yml"));
        await Eventually.TrueAsync(
            "all of them are published", () => File.Exists(Path.Combine(_manager.Home.Inventory, "current/host_vars/node-0/199.yml")), Patience, Token);

        // One where it is quiet; some on a machine that stops us again and again for longer than a burst does.
        Assert.InRange(snapshots.Runs - before, 1, 50);
    }

    [Fact]
    public async Task A_revision_is_described_and_compared_without_values()
    {
        var from = (await SyncAsync()).Revision!.Value;
        Write("inventory/20-roles", "[generic]\nnode-0\nnode-2 x=1\n[web]\nnode-2\n");
        Write("inventory/host_vars/node-0.yml", "a: 1\nb: secret\nc: 3\n");
        Write("inventory/group_vars/web.yml", "w: 1\n");
        var outcome = await SyncAsync();
        Assert.True(outcome.Revision > from);
        Assert.Equal("current", outcome.Status);

        var newest = (await ListAsync())[0];
        Assert.Equal((outcome.Revision, "current", 3, 282), (newest.Revision, newest.Status, newest.Hosts, newest.Groups));
        Assert.NotNull(newest.DurationMs);

        var diff = await _manager.GetAsync(ApiRoutes.InventoryDiff(from, outcome.Revision!.Value), OsismJson.Default.InventoryDiffInfo);
        Assert.Equal(
            [
                "removed host node-1 ", "added host node-2 ", "changed group generic ", "added group web ", "added group_variable web w",
                "changed host_variable node-0 b", "added host_variable node-0 c", "added host_variable node-2 x",
            ],
            diff.Changes.Select(change => $"{change.Change} {change.Kind} {change.Name} {change.Variable}"));
        Assert.Equal(ErrorCodes.FileMissing.Code, (await Manager.ProblemAsync(_manager.Http.GetAsync(ApiRoutes.InventoryDiff(from, 999), Token))).Code);
    }

    [Fact]
    public async Task A_rollback_lasts_until_the_sources_change_and_a_pin_until_it_is_taken_off()
    {
        var first = (await SyncAsync()).Revision!.Value;
        Write("inventory/20-roles", "[generic]\nnode-5\n");
        var second = (await SyncAsync()).Revision!.Value;

        Assert.Equal((first, "rolled_back"), await SendAsync(HttpMethod.Post, ApiRoutes.InventoryRollback(first)));
        Assert.Equal(first, Current());
        Assert.Equal(first, (await SyncAsync()).Revision);
        Assert.Equal(["published", "rolled_back"], (await ListAsync()).Where(one => one.Revision == first || one.Revision == second).Select(one => one.Status));
        Write("inventory/20-roles", "[generic]\nnode-6\n");
        var third = (await SyncAsync()).Revision!.Value;
        Assert.True(third > second);

        Assert.Equal((second, "pinned"), await SendAsync(HttpMethod.Post, ApiRoutes.InventoryPinTo(second)));
        Write("inventory/20-roles", "[generic]\nnode-7\n");
        Assert.Equal((second, "pinned"), ((await SyncAsync()) is var pinned ? pinned.Revision!.Value : 0, pinned.Status));
        Assert.Contains("pinned", (await _manager.Get<InventorySnapshots>().EnsureAsync("test", Token)).Stale?.Message, StringComparison.Ordinal);
        var (released, status) = await SendAsync(HttpMethod.Delete, ApiRoutes.InventoryPin);
        Assert.Equal("current", status);
        Assert.True(released > third);
        Assert.Equal(released, Current());
    }

    [Fact]
    public async Task Broken_sources_are_listed_at_once_with_file_and_line_and_told()
    {
        var good = (await SyncAsync()).Revision;
        Write("inventory/10-custom", "[a]\nnode-0\n[b:children]\nnobody\n");
        await Eventually.TrueAsync(async () => (await ListAsync())[0].Status == "broken", "the watchdog sees it", Token);
        var broken = (await ListAsync())[0];
        Assert.Null(broken.Revision);
        Assert.Equal(("inventory/10-custom", 4, "error"), (broken.Findings[0].File, broken.Findings[0].Line, broken.Findings[0].Severity));
        var outcome = await SyncAsync();
        Assert.Equal((good, "broken"), (outcome.Revision, outcome.Status));
        Assert.Equal(good, (await ListAsync())[1].Revision);
    }

    [Fact]
    public async Task Who_does_not_wait_gets_an_answer_at_once_and_the_look_goes_on()
    {
        var before = (await SyncAsync()).Revision;
        Write("inventory/20-roles", "[generic]\nnode-8\n");
        using var answer = await _manager.Http.PostAsync(
            new Uri(ApiRoutes.InventoryReconcile, UriKind.Relative),
            Manager.Json(System.Text.Json.JsonSerializer.Serialize(new ReconcileInventory(0), OsismJson.Default.ReconcileInventory)), Token);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
        var outcome = System.Text.Json.JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Token), OsismJson.Default.ReconcileInfo)!;
        Assert.Equal("running", outcome.Status);
        await Eventually.TrueAsync("it is published all the same", () => Current() > before, Patience, Token);
        Assert.Equal(ErrorCodes.RequestInvalid.Code, (await Manager.ProblemAsync(_manager.Http.PostAsync(
            new Uri(ApiRoutes.InventoryReconcile, UriKind.Relative), Manager.Json("{\"wait\": -1}"), Token))).Code);
    }

    [Fact]
    public async Task What_the_password_of_now_does_not_open_is_found_with_file_and_line()
    {
        var inline = System.Text.Encoding.UTF8.GetString(Protocols.Vault.AnsibleVault.Encrypt("hidden"u8, "s3cret-word")).Replace("\n", "\n  ", StringComparison.Ordinal);
        Write("inventory/group_vars/all/plain.yml", $"a: 1\nb: !vault |\n  {inline.TrimEnd()}\n");
        Write("inventory/host_vars/node-1.yml", System.Text.Encoding.UTF8.GetString(Protocols.Vault.AnsibleVault.Encrypt("a: 1\n"u8, "s3cret-word")));

        var closed = await SyncAsync();
        Assert.Equal("current", closed.Status);
        Assert.Equal(
            ["variables.sealed inventory/group_vars/all/plain.yml 2 warning", "variables.sealed inventory/host_vars/node-1.yml 1 warning"], Shown(closed.Findings));
        Assert.Equal(2, Shown((await ListAsync())[0].Findings).Count);

        using var set = await _manager.Http.PutAsync(ApiRoutes.VaultPassword, Manager.Json("{\"password\": \"s3cret-word\"}"), Token);
        Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync(Token));
        Assert.Empty(Shown((await SyncAsync()).Findings));
        Assert.Empty(Shown((await ListAsync())[0].Findings));

        static List<string> Shown(IEnumerable<InventoryFindingInfo> findings) =>
            [.. findings.Where(finding => finding.Code == "variables.sealed").Select(finding => $"{finding.Code} {finding.File} {finding.Line} {finding.Severity}")];
    }

    [Fact]
    public async Task Readers_never_see_a_state_that_is_half_written()
    {
        // The state says its own number in three places, which lie in three files.
        await WriteStateAsync(0);
        await SyncAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var storm = Task.Run(
            async () =>
            {
                for (var i = 1; !stop.IsCancellationRequested; i++)
                {
                    await WriteStateAsync(i);
                    await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SyncAsync()));
                }
            },
            Token);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 8; i++)
        {
            var read = await new Command("ansible-inventory") { Arguments = ["-i", Path.Combine(_manager.Home.Inventory, "current"), "--host", "node-0"], Folder = "/" }.MustAsync(Token);
            using var variables = System.Text.Json.JsonDocument.Parse(read.Text);
            var (inline, group, host) = (Of("state_inline"), Of("state_group"), Of("state_host"));
            seen.Add(inline);
            Assert.False(string.IsNullOrEmpty(group));
            Assert.False(string.IsNullOrEmpty(host));

            string Of(string name) => variables.RootElement.GetProperty(name).ToString();
        }

        await stop.CancelAsync();
        await storm;
        Assert.NotEmpty(seen);

        // Of each folder: all of one state.
        foreach (var folder in Directory.GetDirectories(Path.Combine(_manager.Home.Inventory, "revisions")))
        {
            Assert.True(File.Exists(Path.Combine(folder, "hosts.json")) && File.Exists(Path.Combine(folder, ".origins.json")), folder);
        }
    }

    private async Task WriteStateAsync(int number)
    {
        await Task.Yield();
        Write("inventory/20-roles", $"[generic]\nnode-0 state_inline={number}\nnode-1\n");
        Write("inventory/group_vars/generic.yml", $"state_group: {number}\n");
        Write("inventory/host_vars/node-0.yml", $"state_host: {number}\n");
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_manager.Repository, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // As git and editors do it: the old or the new one, never half.
        File.WriteAllText(path + ".new~", text);
        File.Move(path + ".new~", path, overwrite: true);
    }

    private long? Current() =>
        long.TryParse(Path.GetFileName(new FileInfo(Path.Combine(_manager.Home.Inventory, "current")).LinkTarget), out var revision) ? revision : null;

    private async Task<ReconcileInfo> SyncAsync() =>
        await Manager.ReadAsync(await _manager.Http.PostAsync(ApiRoutes.InventoryReconcile, Manager.Json("{}"), Token), OsismJson.Default.ReconcileInfo);

    private async Task<IReadOnlyList<InventoryRevisionInfo>> ListAsync() =>
        (await _manager.GetAsync(ApiRoutes.InventoryRevisions, OsismJson.Default.PageInventoryRevisionInfo)).Items;

    private async Task<(long Revision, string Status)> SendAsync(HttpMethod method, string route)
    {
        using var request = new HttpRequestMessage(method, route) { Content = Manager.Json("{}") };
        var outcome = await Manager.ReadAsync(await _manager.Http.SendAsync(request, Token), OsismJson.Default.ReconcileInfo);
        return (outcome.Revision!.Value, outcome.Status);
    }
}
