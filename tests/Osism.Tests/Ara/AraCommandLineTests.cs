using System.Text.Json;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;

namespace Osism.Tests.Ara;

/// <summary>ARA's own command line, and <c>osism log ansible</c>, over the same record.</summary>
public sealed class AraCommandLineTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Manager _manager = null!;
    private AraClient _ara = null!;
    private string _password = null!;
    private Recording _recording = null!;
    private long _result;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync();
        _ara = await AraClient.OfAsync(_manager);
        _password = (await _manager.BearerAsync()).Parameter!;
        _recording = await _ara.BeginAsync();
        var result = await _ara.PostAsync("results", _recording.Result(
            ""","changed":true,"content":{"msg":"done","diff":[]},"started":"2026-11-20T09:11:08+00:00","ended":"2026-11-20T09:11:09+00:00" """));
        _result = result.GetProperty("id").GetInt64();
        await _ara.PostAsync("records", $$"""{"playbook":{{_recording.Playbook}},"key":"kept","type":"text","value":"v"}""");
        await _ara.PatchAsync($"tasks/{_recording.Task}", """{"status":"completed","ended":"2026-11-20T09:11:10.25+00:00","started":"2026-11-20T09:11:08+00:00"}""");
        await _ara.PatchAsync($"hosts/{_recording.Host}", """{"facts":{"ansible_kernel":"6.1"},"changed":1,"ok":1}""");
        await _ara.PatchAsync($"playbooks/{_recording.Playbook}", """{"status":"completed","ended":"2026-11-20T09:11:11+00:00","labels":["nightly"],"name":"site"}""");
    }

    public async ValueTask DisposeAsync()
    {
        _ara.Dispose();
        await _manager.DisposeAsync();
    }

    [Fact]
    public async Task The_command_line_of_ARA_lists_shows_sums_up_and_deletes()
    {
        var other = await _ara.BeginAsync();
        Assert.Equal(2, (await AraAsync("playbook", "list")).GetArrayLength());
        Assert.Equal(1, (await AraAsync("playbook", "list", "--label", "nightly", "--status", "completed")).GetArrayLength());
        Assert.Equal("completed", (await AraAsync("playbook", "show", $"{_recording.Playbook}")).GetProperty("status").GetString());
        Assert.Equal(1, (await AraAsync("playbook", "metrics", "--status", "completed")).GetArrayLength());
        Assert.Equal(2, (await AraAsync("play", "list")).GetArrayLength());
        Assert.Equal("all", (await AraAsync("play", "show", $"{_recording.Play}")).GetProperty("name").GetString());
        Assert.Equal(1, (await AraAsync("task", "list", "--playbook", $"{_recording.Playbook}", "--resolve")).GetArrayLength());
        Assert.Equal("debug", (await AraAsync("task", "show", $"{_recording.Task}")).GetProperty("action").GetString());
        Assert.Equal(1, (await AraAsync("task", "metrics", "--playbook", $"{_recording.Playbook}")).GetArrayLength());
        Assert.Equal(1, (await AraAsync("host", "list", "--with-changed")).GetArrayLength());
        Assert.Equal(1, (await AraAsync("host", "list", "--latest")).GetArrayLength());
        Assert.Contains("ansible_kernel", (await AraAsync("host", "show", $"{_recording.Host}", "--with-facts")).GetRawText(), StringComparison.Ordinal);
        Assert.Equal(1, (await AraAsync("host", "metrics")).GetArrayLength());
        Assert.Equal("changed", (await AraAsync("result", "list", "--changed", "--resolve"))[0].GetProperty("status").GetString());
        Assert.Contains("done", (await AraAsync("result", "show", $"{_result}", "--with-content")).GetRawText(), StringComparison.Ordinal);
        Assert.Equal("kept", (await AraAsync("record", "list"))[0].GetProperty("key").GetString());
        Assert.Equal("v", (await AraAsync("record", "show", $"{(await _ara.GetAsync("records")).GetProperty("results")[0].GetProperty("id")}")).GetProperty("value").GetString());

        var expired = await AraRun.CommandLine(_ara.Server, _password, "expire", "--hours", "0", "--confirm").MustAsync(_token);
        Assert.DoesNotContain("Traceback", expired.Errors, StringComparison.Ordinal);
        Assert.Equal("expired", (await _ara.GetAsync($"playbooks/{other.Playbook}")).GetProperty("status").GetString());
        await AraRun.CommandLine(_ara.Server, _password, "playbook", "delete", $"{other.Playbook}").MustAsync(_token);
        Assert.Equal(1, (await _ara.GetAsync("playbooks")).GetProperty("count").GetInt32());
        await AraRun.CommandLine(_ara.Server, _password, "playbook", "prune", "--days", "0", "--confirm").MustAsync(_token);
        Assert.Equal(0, (await _ara.GetAsync("playbooks")).GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("playbook list --label nightly --long", "| completed |")]
    [InlineData("playbook list --format csv --ansible_version 2.14", "id,status,controller,name,path")]
    [InlineData("playbook show 1 -f yaml", "status: completed")]
    [InlineData("playbook metrics --aggregate path", "/p/site.yml")]
    [InlineData("play list", "| all ")]
    [InlineData("task list --action debug --resolve", "(1) site")]
    [InlineData("task metrics -f json", "\"duration_average_seconds\": 2.25")]
    [InlineData("host list --with-changed --latest", "| h1 ")]
    [InlineData("host metrics", "| h1 ")]
    [InlineData("result list --changed --status ok --resolve", "say")]
    [InlineData("record list --key kept", "| kept ")]
    [InlineData("expire --hours 0", "would expire 1 plays")]
    [InlineData("playbook prune --days 0", "would delete 1 playbooks")]
    public async Task Ours_lists_shows_and_sums_up(string words, string expected)
    {
        using var run = Cli();

        Assert.Equal(0, await run.Start(["log", "ansible", .. words.Split(' ')]));

        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ours_shows_bodies_on_demand_and_deletes_with_the_token()
    {
        Assert.DoesNotContain("ansible_kernel", (await RunAsync(0, "host", "show", $"{_recording.Host}", "--format", "json")).Output, StringComparison.Ordinal);
        Assert.Contains("ansible_kernel", (await RunAsync(0, "host", "show", $"{_recording.Host}", "--with-facts")).Output, StringComparison.Ordinal);
        Assert.Contains("\"msg\": \"done\"", (await RunAsync(0, "result", "show", $"{_result}", "--with-content", "-f", "json")).Output, StringComparison.Ordinal);
        Assert.Equal("error: record.not_found: nothing was recorded under this number\n", (await RunAsync(9, "result", "show", "77")).Error);
        Assert.StartsWith("error: request.invalid: order: Select a valid choice.", (await RunAsync(2, "result", "list", "--order", "colour")).Error, StringComparison.Ordinal);
        Assert.StartsWith("error: request.invalid: ", (await RunAsync(2, "result")).Error, StringComparison.Ordinal);
        Assert.Equal("expired 0 playbooks\nexpired 1 plays\nexpired 0 tasks\n", (await RunAsync(0, "expire", "--hours", "0", "--confirm")).Output);
        Assert.Contains("osism log ansible playbook prune", (await RunAsync(0, "playbook", "prune", "--help")).Output, StringComparison.Ordinal);
        await RunAsync(0, "result", "delete", $"{_result}");
        Assert.Equal("deleted 1 playbooks\n", (await RunAsync(0, "playbook", "prune", "--days", "0", "--confirm")).Output);
        Assert.Equal(0, (await _ara.GetAsync("playbooks")).GetProperty("count").GetInt32());
    }

    private async Task<JsonElement> AraAsync(params string[] words)
    {
        var result = await AraRun.CommandLine(_ara.Server, _password, [.. words, "-f", "json"]).MustAsync(_token);
        Assert.DoesNotContain("Traceback", result.Errors, StringComparison.Ordinal);
        return JsonDocument.Parse(result.Stdout).RootElement;
    }

    private CliRun Cli() => new() { Environment = new() { Url = _ara.Server.ToString(), TokenFile = _manager.Home.Token } };

    private async Task<(string Output, string Error)> RunAsync(int exit, params string[] words)
    {
        using var run = Cli();
        var found = await run.Start(["log", "ansible", .. words]);
        Assert.True(exit == found, $"{string.Join(' ', words)} ended with {found}: {run.Error}");
        return (run.Output, run.Error);
    }
}
