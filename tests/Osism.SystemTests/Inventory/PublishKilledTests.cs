using System.Text.Json;
using Osism.Testing;

namespace Osism.SystemTests.Inventory;

/// <summary><c>kill -9</c> of <c>osismd</c> at each step of publishing a revision: who reads sees the old state or the new one, and the next manager goes on.</summary>
public sealed class PublishKilledTests
{
    private static readonly TimeSpan Patience = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("inventory.packed")]
    [InlineData("inventory.stored")]
    [InlineData("inventory.written")]
    [InlineData("inventory.placed")]
    [InlineData("inventory.decided")]
    public async Task Whatever_step_it_dies_in(string step)
    {
        using var pod = await ConfigurationPod.CreateAsync(lab: null, encrypted: false, _token);
        await using var daemon = await Daemon.StartAsync(
            pod.Path, new Dictionary<string, string> { ["INVENTORY_RECONCILER_SCHEDULE"] = "0", ["GATHER_FACTS_SCHEDULE"] = "0" }, _token);
        await pod.WriteAsync("inventory/group_vars/all/state.yml", "state: old\n", _token);
        await daemon.Cli.MustAsync(_token, "sync", "inventory");
        Assert.Equal("old", await StateAsync(daemon));

        daemon.Failpoints.Arm(step);
        await pod.WriteAsync("inventory/group_vars/all/state.yml", "state: new\n", _token);
        await daemon.Failpoints.ReachedAsync(step, Patience, _token);
        await daemon.KillAsync(_token);
        Assert.Equal("old", await StateAsync(daemon));

        daemon.Failpoints.Clear();
        await daemon.StartAsync(_token);
        await daemon.Cli.MustAsync(_token, "sync", "inventory");
        Assert.Equal("new", await StateAsync(daemon));
        using var page = JsonDocument.Parse((await daemon.Cli.MustAsync(_token, "inventory", "revisions", "--format", "json")).Text);
        Assert.Equal("current", page.RootElement[0].GetProperty("status").GetString());
    }

    private async Task<string> StateAsync(Daemon daemon)
    {
        var read = await new Command("ansible-inventory") { Arguments = ["-i", Path.Combine(daemon.Home, "inventory/current"), "--list"], Folder = "/" }.MustAsync(_token);
        using var list = JsonDocument.Parse(read.Text);
        return list.RootElement.GetProperty("_meta").GetProperty("hostvars").EnumerateObject().First().Value.GetProperty("state").GetString()!;
    }
}
