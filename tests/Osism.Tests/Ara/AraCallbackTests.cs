using System.Text;
using Osism.Testing;
using Osism.Tests.Hosting;

namespace Osism.Tests.Ara;

/// <summary>The unmodified callback of ARA records real runs to us.</summary>
public sealed class AraCallbackTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private Manager _manager = null!;
    private AraClient _ara = null!;
    private string _password = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync();
        _ara = await AraClient.OfAsync(_manager);
        _password = (await _manager.BearerAsync()).Parameter!;
    }

    public async ValueTask DisposeAsync()
    {
        _ara.Dispose();
        _folder.Dispose();
        await _manager.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task All_of_a_thousand_results_are_there(int threads)
    {
        const int Hosts = 20;
        const int Tasks = 50;
        await File.WriteAllLinesAsync(_folder["hosts"], Enumerable.Range(1, Hosts).Select(host => $"h{host:00} ansible_connection=local"), _token);
        var play = new StringBuilder("- hosts: all\n  gather_facts: false\n  tasks:\n");
        for (var task = 1; task <= Tasks; task++)
        {
            play.Append($"    - name: say {task}\n      debug:\n        msg: hello {task} on {{{{ inventory_hostname }}}}\n");
        }

        await File.WriteAllTextAsync(_folder["site.yml"], play.ToString(), _token);

        var result = await AraRun.Play(_ara.Server, _password, threads, _folder.Path, "-i", "hosts", "site.yml").MustAsync(_token);

        AssertUndisturbed(result);
        var playbook = Assert.Single((await _ara.GetAsync("playbooks")).GetProperty("results").EnumerateArray());
        var items = playbook.GetProperty("items");
        Assert.Equal(
            ("completed", 1, Tasks, Hosts * Tasks, Hosts),
            (playbook.GetProperty("status").GetString(), items.GetProperty("plays").GetInt32(), items.GetProperty("tasks").GetInt32(), items.GetProperty("results").GetInt32(),
                items.GetProperty("hosts").GetInt32()));
        var rows = (await _ara.GetAsync($"results?limit={Hosts * Tasks * 2}&playbook={playbook.GetProperty("id")}")).GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(Hosts * Tasks, rows.Select(row => (row.GetProperty("task").GetInt64(), row.GetProperty("host").GetInt64())).Distinct().Count());
        Assert.All(rows, row => Assert.Equal("ok", row.GetProperty("status").GetString()));
        foreach (var row in rows.Where((_, at) => at % 97 == 0))
        {
            var detail = await _ara.GetAsync($"results/{row.GetProperty("id")}");
            var task = detail.GetProperty("task").GetProperty("name").GetString()!.Split(' ')[1];
            Assert.Equal($"hello {task} on {detail.GetProperty("host").GetProperty("name").GetString()}", detail.GetProperty("content").GetProperty("msg").GetString());
        }

        Assert.All(
            (await _ara.GetAsync("tasks?limit=100")).GetProperty("results").EnumerateArray(),
            task => Assert.Equal(("completed", Hosts), (task.GetProperty("status").GetString(), task.GetProperty("items").GetProperty("results").GetInt32())));
        Assert.All((await _ara.GetAsync("hosts")).GetProperty("results").EnumerateArray(), host => Assert.Equal(Tasks, host.GetProperty("ok").GetInt32()));
    }

    [Fact]
    public async Task Names_too_long_for_ARA_are_no_fault_and_a_run_that_is_killed_stays_running_until_it_expires()
    {
        var name = new string('n', 300);
        await File.WriteAllTextAsync(
            _folder["site.yml"],
            $$"""
            - name: {{name}}
              hosts: all
              gather_facts: false
              tasks:
                - name: {{name}}
                  debug: {msg: here}
                - command: sleep 30
            """,
            _token);
        using var running = AraRun.Play(_ara.Server, _password, 0, _folder.Path, "-i", "localhost,", "-c", "local", "site.yml").Start();
        await Eventually.TrueAsync(
            "the second task is recorded", async token => (await _ara.GetAsync("tasks")).GetProperty("count").GetInt32() == 2, TimeSpan.FromMinutes(2), _token);

        await running.SignalAsync("TERM", _token);
        // What it started holds its output open until it ends too.
        await running.WaitAsync(TimeSpan.FromMinutes(2), _token);

        Assert.Equal(name, (await _ara.GetAsync("plays")).GetProperty("results")[0].GetProperty("name").GetString());
        Assert.Equal(1, (await _ara.GetAsync("results")).GetProperty("count").GetInt32());
        Assert.Equal("running", (await _ara.GetAsync("playbooks/1")).GetProperty("status").GetString());
        var expired = await AraRun.CommandLine(_ara.Server, _password, "expire", "--hours", "0", "--confirm").MustAsync(_token);
        Assert.DoesNotContain("Traceback", expired.Errors, StringComparison.Ordinal);
        Assert.Equal("expired", (await _ara.GetAsync("playbooks/1")).GetProperty("status").GetString());
        Assert.Equal("expired", (await _ara.GetAsync("plays")).GetProperty("results")[0].GetProperty("status").GetString());
    }

    /// <summary>The callback said nothing: it warns of whatever it could not record.</summary>
    internal static void AssertUndisturbed(CommandResult result)
    {
        Assert.DoesNotContain("[WARNING]", result.Text + result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Failed to post", result.Text + result.Errors, StringComparison.Ordinal);
    }
}
