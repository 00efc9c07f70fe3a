using Osism.Testing;

namespace Osism.Tests.Inventory.Differential;

/// <summary>The built programs against <c>ansible-inventory</c> itself, and what a caller's environment changes.</summary>
public sealed class CommandLineTests
{
    private static readonly Dictionary<string, string> Files = new(StringComparer.Ordinal)
    {
        ["inventory/hosts"] = "loose\n[web]\nw[01:03] a=1 b=\"{'x': 1.5}\"\n[web:vars]\nc=ü\n[ü-x:children]\nweb\n",
        ["inventory/group_vars/web.yml"] = "d: {k: [1, ~]}\ne: !unsafe \"{{ f }}\"\n",
        ["inventory/group_vars/all.yml"] = "d: {j: 2}\n",
        ["group_vars/all.yml"] = "beside: the working directory\n",
        ["merge.cfg"] = "[defaults]\nhash_behaviour = merge\n",
    };

    [Theory]
    [InlineData("list", "--list")]
    [InlineData("graph|--vars", "--graph|--vars")]
    [InlineData("host|w02", "--host|w02")]
    [InlineData("list|--export", "--list|--export")]
    [InlineData("graph|web", "--graph|web")]
    public async Task The_programs_print_what_ansible_inventory_prints(string ours, string theirs)
    {
        using var folder = new InventoryCase(Files);
        foreach (var settings in (string?[])[null, "merge.cfg"])
        {
            var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ANSIBLE_CONFIG"] = settings is null ? null : folder[settings], ["OSISM_HOME"] = folder["nobody"] };
            var expected = await new Command("ansible-inventory") { Arguments = [.. theirs.Split('|'), "-i", "inventory"], Folder = folder.Inventory, Environment = environment }
                .MustAsync(TestContext.Current.CancellationToken);
            foreach (var program in (string[])[Checkout.Daemon, Checkout.Cli])
            {
                var actual = await new Command(program) { Arguments = ["inventory", .. ours.Split('|'), "-i", "inventory"], Folder = folder.Inventory, Environment = environment }
                    .MustAsync(TestContext.Current.CancellationToken);
                Assert.Equal(expected.Text, actual.Text);
            }
        }
    }

    [Fact]
    public async Task Exit_codes_and_findings_reach_the_caller()
    {
        using var folder = new InventoryCase([new("hosts", "[g]\nh1\nh2 x\n"), new("host_vars/h1.yml", "a: [\n")]);
        var missing = await RunAsync("host", "nosuch", "-i", folder["hosts"]);
        Assert.Equal(9, missing.ExitCode);
        Assert.Contains("error: host.unknown:", missing.Errors, StringComparison.Ordinal);
        Assert.Contains($"warning: source.unparsed: {folder["hosts"]}:3:", missing.Errors, StringComparison.Ordinal);
        var broken = await RunAsync("list", "-i", "h1,", "-i", folder["hosts"]);
        Assert.Equal((10, ""), (broken.ExitCode, broken.Text));
        Assert.Contains($"error: configuration.broken: {folder["host_vars/h1.yml"]}:2:", broken.Errors, StringComparison.Ordinal);
        Assert.Equal(9, (await RunAsync("graph", "nosuch", "-i", "h1,")).ExitCode);
        Assert.Equal(2, (await RunAsync("list", "--nosuch")).ExitCode);
        Assert.Equal(12, (await RunAsync("list")).ExitCode);
        Assert.Equal("h1\nh3\n", (await RunAsync("match", "all:!h2", "-i", "h1,h2,h3")).Text);

        async Task<CommandResult> RunAsync(params string[] arguments) => await new Command(Checkout.Cli)
        {
            Arguments = ["inventory", .. arguments],
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = folder["nobody"] },
        }.RunAsync(TestContext.Current.CancellationToken);
    }
}
