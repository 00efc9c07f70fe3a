using System.Text;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Platform;
using Osism.Testing;
using Osism.Tests.Ansible;

namespace Osism.Tests.Inventory;

/// <summary>Questions to a manager about the current revision.</summary>
public sealed class InventoryQueriesTests
{
    [Fact]
    public async Task The_answer_is_that_of_ansible_inventory_for_the_current_revision()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("inventory/10-custom", "[web]\nnode-[0:2] a=1\n");
        pod.Write("inventory/group_vars/web.yml", "b: {x: ü}\n");
        using var current = new CurrentInventory(pod.Get<InventorySnapshots>(), _ => Task.FromResult<string?>(null));
        var queries = new InventoryQueries(current);
        // Publishes the revision that Ansible is asked about.
        await AskAsync(new InventoryQuery("match", "all", false, false, null));
        Assert.Equal(await AnsibleAsync("--list"), await AskAsync(new InventoryQuery("list", null, false, false, null)));
        Assert.Equal(await AnsibleAsync("--graph", "web", "--vars"), await AskAsync(new InventoryQuery("graph", "web", true, false, null)));
        Assert.Equal(await AnsibleAsync("--host", "node-1"), await AskAsync(new InventoryQuery("host", "node-1", false, false, null)));
        Assert.Equal("node-0\nnode-2\n", await AskAsync(new InventoryQuery("match", "web:!node-1", false, false, null)));

        // A change is seen by the next question.
        pod.Write("inventory/10-custom", "[web]\nother\n");
        Assert.Equal("other\n", await AskAsync(new InventoryQuery("match", "web", false, false, null)));
        var unknown = await Assert.ThrowsAsync<OsismException>(() => AskAsync(new InventoryQuery("host", "nosuch", false, false, null)));
        Assert.Equal(ErrorCodes.HostUnknown, unknown.Code);
        Assert.Equal(ErrorCodes.RequestInvalid, (await Assert.ThrowsAsync<OsismException>(() => AskAsync(new InventoryQuery("what", null, false, false, null)))).Code);

        async Task<string> AskAsync(InventoryQuery query)
        {
            using var output = new MemoryStream();
            await queries.AnswerAsync(query, output, TestContext.Current.CancellationToken);
            return Encoding.UTF8.GetString(output.ToArray());
        }

        async Task<string> AnsibleAsync(params string[] arguments) =>
            (await new Command("ansible-inventory") { Arguments = ["-i", Path.Combine(pod.Home.Inventory, "current"), .. arguments], Folder = "/" }.MustAsync(TestContext.Current.CancellationToken)).Text;
    }

    [Fact]
    public async Task Questions_asked_at_the_same_time_while_the_repository_changes_each_see_one_state_of_it()
    {
        await using var pod = await Pod.CreateAsync();
        using var current = new CurrentInventory(pod.Get<InventorySnapshots>(), _ => Task.FromResult<string?>(null));
        Write(0);
        using var done = new CancellationTokenSource();
        var answered = 0;
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(ReadAsync, TestContext.Current.CancellationToken)).ToArray();
        for (var state = 1; state <= 15; state++)
        {
            Write(state);
            var before = Volatile.Read(ref answered);
            await Eventually.TrueAsync(() => Volatile.Read(ref answered) >= before + 2, "questions are answered", TestContext.Current.CancellationToken);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers).WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("15", State(await current.GetAsync(TestContext.Current.CancellationToken)));

        async Task ReadAsync()
        {
            while (!done.IsCancellationRequested)
            {
                State(await current.GetAsync(TestContext.Current.CancellationToken));
                Interlocked.Increment(ref answered);
            }
        }

        // The host is called after the state, and so is its value: both are of one revision.
        static string State(LoadedInventory inventory)
        {
            var name = Assert.Single(inventory.Match("web"));
            var host = inventory.Host(name);
            Assert.Equal($"{name}", Assert.Single(Osism.Daemon.Inventory.Current.VariableOrigins.Of(inventory, host, "state", isMasked: false)).Value.GetString());
            Assert.NotEmpty(inventory.Text.Find(name, 0, 10).Hits);
            return name["state-".Length..];
        }

        // One file, written in one step: a source in YAML has hosts and values.
        void Write(int state)
        {
            var file = Path.Combine(pod.Repository, "inventory", "hosts.yml");
            File.WriteAllText($"{pod.Root("next")}", $"web:\n  hosts:\n    state-{state}:\n      state: state-{state}\n");
            File.Move(pod.Root("next"), file, overwrite: true);
        }
    }
}
