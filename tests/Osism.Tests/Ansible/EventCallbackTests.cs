using System.Text.Json;
using Osism.Testing;

namespace Osism.Tests.Ansible;

/// <summary><c>ansible/callback_plugins/osism_events.py</c>, as real <c>ansible-playbook</c> processes use it.</summary>
public sealed class EventCallbackTests(EventRun shared) : IClassFixture<EventRun>, IDisposable
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();

    private string EventsFile => _folder["events.ndjson"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_line_is_an_object_with_version_rising_number_time_and_kind()
    {
        var events = shared.Events;

        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(line => line.GetProperty("seq").GetInt32()));
        Assert.All(events, line => Assert.Equal(1, line.GetProperty("v").GetInt32()));
        Assert.All(events, line => Assert.InRange(line.GetProperty("t").GetDouble(), 1.5e9, 1e10));
        Assert.Equal("run_start", events[0].GetProperty("ev").GetString());
        Assert.Equal("stats", events[^1].GetProperty("ev").GetString());
        Assert.Equal("Räume & more", events.First(line => Is(line, "play_start")).GetProperty("name").GetString());
    }

    [Fact]
    public void The_recap_has_the_numbers_Ansible_prints()
    {
        var result = shared.Result;
        var stats = shared.Events[^1].GetProperty("hosts");

        Assert.Equal(2, result.ExitCode);
        foreach (var line in result.Text.Split('\n').SkipWhile(line => !line.StartsWith("PLAY RECAP", StringComparison.Ordinal)).Skip(1).Where(line => line.Contains(':')))
        {
            var host = stats.GetProperty(line.Split(' ')[0]);
            foreach (var pair in line[(line.IndexOf(':') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=')))
            {
                Assert.Equal((pair[0], int.Parse(pair[1])), (pair[0], host.GetProperty(pair[0]).GetInt32()));
            }
        }
    }

    [Fact]
    public void Each_host_of_a_task_gets_one_state()
    {
        var events = shared.Events;
        var names = events.Where(line => Is(line, "task_start")).ToDictionary(Task, line => line.GetProperty("name").GetString()!);
        var states = events.Where(line => Is(line, "host"))
            .ToLookup(line => line.GetProperty("h").GetString()!, line => $"{names[Task(line)]} {line.GetProperty("status").GetString()}");

        Assert.Equal(["Ok ok", "Changed changed", "Ignored ignored", "Hidden changed", "Broken failed", "Repaired ok", "Fails skipped"], states["one"]);
        Assert.Equal(["Ok ok", "Changed changed", "Ignored skipped", "Hidden skipped", "Broken skipped", "Fails failed"], states["two"]);
        Assert.Equal("Changed skipped", states["three"].ElementAt(1));
        Assert.Equal(
            events.Count(line => Is(line, "host")), events.Count(line => Is(line, "host_start")));
    }

    [Fact]
    public async Task An_unreachable_host_is_told_from_a_failed_one()
    {
        await RunAsync("- {hosts: all, gather_facts: false, tasks: [{ansible.builtin.ping: }]}", "nobody,", "-e", "ansible_connection=ssh", "-e", "ansible_host=127.0.0.1", "-e", "ansible_port=1");

        var events = await EventsAsync();

        Assert.Equal("unreachable", events.Single(line => Is(line, "host")).GetProperty("status").GetString());
        Assert.Equal(1, events[^1].GetProperty("hosts").GetProperty("nobody").GetProperty("unreachable").GetInt32());
    }

    [Fact]
    public async Task A_play_without_a_host_is_told()
    {
        var result = await RunAsync("- {hosts: nowhere, gather_facts: false, tasks: []}", "one,");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(await EventsAsync(), line => Is(line, "no_hosts"));
    }

    [Fact]
    public void What_a_task_gave_is_told_unless_no_log_hides_it()
    {
        var results = shared.Events.Where(line => Is(line, "host")).ToList();
        var hidden = shared.Events.Single(line => Is(line, "task_start") && line.GetProperty("no_log").GetBoolean());

        Assert.Contains(results, line => line.GetProperty("res").TryGetProperty("msg", out var msg) && msg.ValueEquals("never mind"));
        Assert.Equal(
            ["""{"censored":"hidden by no_log"}"""],
            results.Where(line => Task(line) == Task(hidden) && line.GetProperty("status").GetString() != "skipped").Select(line => line.GetProperty("res").GetRawText()));
        Assert.All(results, line => Assert.DoesNotContain("topsecret", line.GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secret_of_a_task_with_no_log_is_nowhere()
    {
        const string Secret = "correct-horse-battery";

        await RunAsync(
            """
            - hosts: all
              gather_facts: false
              vars: {hide: true}
              tasks:
                - {name: Plain, ansible.builtin.command: "echo {{ word }}", no_log: true}
                - {name: Items, ansible.builtin.debug: {msg: "{{ item }}"}, loop: ["{{ word }}"], no_log: true}
                - {name: Skipped items, ansible.builtin.debug: {msg: "{{ item }}"}, loop: ["{{ word }}"], when: false, no_log: "{{ hide }}"}
                - {name: Retried, ansible.builtin.debug: {msg: "{{ word }}"}, until: tried.attempts == 2, retries: 2, delay: 0, register: tried, no_log: true}
                - {name: Failed, ansible.builtin.fail: {msg: "{{ word }}"}, ignore_errors: true, no_log: "{{ hide }}"}
                - {name: Diff, ansible.builtin.copy: {content: "{{ word }}", dest: "{{ scratch }}/secret"}, diff: true, no_log: true}
                - {name: Facts, ansible.builtin.setup: {gather_subset: ["!all", "!min"], filter: "*{{ word }}*"}, no_log: true}
                - {name: Stats, ansible.builtin.set_stats: {data: {word: "{{ word }}"}}, no_log: true}
                - {name: Delegated, ansible.builtin.debug: {msg: "{{ word }}"}, delegate_to: two, no_log: true}
                - {name: Broken, ansible.builtin.debug: {msg: "{{ word | no_such_filter }}"}, ignore_errors: true, no_log: true}
            """,
            "one,",
            "-e",
            $"word={Secret}",
            "-e",
            $"scratch={_folder.Path}");

        var events = await EventsAsync();
        Assert.DoesNotContain(Secret, await File.ReadAllTextAsync(EventsFile, _token), StringComparison.Ordinal);
        Assert.Equal(10, events.Count(line => Is(line, "host")));
        Assert.Equal(2, events.Count(line => Is(line, "item")));
        Assert.Single(events, line => Is(line, "retry"));
        Assert.DoesNotContain(events, line => Is(line, "facts"));
        Assert.Equal("hidden by no_log", events[^1].GetProperty("custom").GetProperty("censored").GetString());
    }

    [Fact]
    public async Task A_result_of_ten_megabytes_is_cut_and_says_so()
    {
        await RunAsync(
            """
            - hosts: all
              gather_facts: false
              tasks: [{ansible.builtin.command: "{{ ansible_playbook_python }} -c 'print(\"start\" + \"x\" * 10000000 + \"end\")'"}]
            """,
            "one,");

        var res = (await EventsAsync()).Single(line => Is(line, "host")).GetProperty("res");
        Assert.True(new FileInfo(EventsFile).Length < 100_000);
        Assert.InRange(res.GetProperty("_cut").GetProperty("bytes").GetInt64(), 20_000_000, 21_000_000);
        Assert.Equal(0, res.GetProperty("rc").GetInt32());
        Assert.StartsWith("startxxx", res.GetProperty("stdout").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("xxxend", res.GetProperty("stdout").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_are_no_UTF8_come_as_text()
    {
        await new Command("sh") { Arguments = ["-c", "printf x > \"$(printf 'odd\\377')\""], Folder = _folder.Path }.MustAsync(_token);

        await RunAsync(
            """
            - hosts: all
              gather_facts: false
              tasks: [{ansible.builtin.debug: {msg: "{{ item }}"}, with_fileglob: ["{{ playbook_dir }}/odd*"]}]
            """,
            "one,");

        Assert.Equal(_folder["odd?"], (await EventsAsync()).Single(line => Is(line, "item")).GetProperty("item").GetString());

        // .NET cannot name it, and so could not take the folder away.
        await new Command("sh") { Arguments = ["-c", "rm odd*"], Folder = _folder.Path }.MustAsync(_token);
    }

    [Fact]
    public async Task A_run_that_is_interrupted_leaves_whole_lines_up_to_there()
    {
        await File.WriteAllTextAsync(_folder["play.yml"], "- {hosts: all, gather_facts: false, tasks: [{ansible.builtin.shell: 'touch {{ playbook_dir }}/begun; sleep 60'}]}", _token);
        using var run = EventRun.Playbook(_folder.Path, EventsFile, ["-i", "one,", "-c", "local", _folder["play.yml"]]).Start();

        // Not at its event: Python forgets an interrupt that comes while it forks.
        await Eventually.TrueAsync("the task runs", () => File.Exists(_folder["begun"]), EventRun.Longest, _token);

        await run.SignalAsync("INT", _token);
        var result = await run.WaitAsync(EventRun.Longest, _token);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(["run_start", "file", "play_start", "task_start", "host_start"], (await EventsAsync()).Select(line => line.GetProperty("ev").GetString()));
    }

    [Theory]
    [InlineData("later_versions")]
    [InlineData("circles")]
    [InlineData("hostile_values")]
    [InlineData("cuts")]
    [InlineData("facts_uncut")]
    [InlineData("expressions_of_no_log")]
    [InlineData("closed_descriptor")]
    [InlineData("torn_line")]
    public async Task What_no_run_can_bring_about_holds_too(string check) =>
        await new Command("/usr/bin/python3")
        {
            Arguments =
            [
                Checkout.PathOf("tests", "Osism.Tests", "Ansible", "plugin_checks.py"), Checkout.PathOf("ansible", "callback_plugins", "osism_events.py"), _folder.Path, check,
            ],
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PYTHONDONTWRITEBYTECODE"] = "1" },
        }.MustAsync(_token);

    [Fact]
    public async Task Without_the_variable_nothing_is_done()
    {
        var result = await RunAsync(EventRun.Play, EventRun.Hosts, events: null);

        Assert.Equal(2, result.ExitCode);
        Assert.False(File.Exists(EventsFile));
    }

    [Theory]
    [InlineData("/nowhere/events")]
    [InlineData("/dev/full")]
    public async Task A_file_that_cannot_be_written_leaves_no_trace_in_the_run(string path)
    {
        var with = await RunAsync(EventRun.Play, EventRun.Hosts, events: path);
        var without = await RunAsync(EventRun.Play, EventRun.Hosts, events: null);

        Assert.Equal(without.ExitCode, with.ExitCode);
        Assert.Equal(Sorted(without.Text), Sorted(with.Text));
        Assert.Equal(without.Errors, with.Errors);
    }

    [Fact]
    public async Task A_pipe_nobody_reads_does_not_hold_the_run_up()
    {
        await new Command("mkfifo") { Arguments = [EventsFile] }.MustAsync(_token);

        var result = await RunAsync("- {hosts: all, gather_facts: false, tasks: []}", "one,");

        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task A_play_that_starts_Ansible_itself_keeps_the_inner_run_out()
    {
        await File.WriteAllTextAsync(_folder["inner.yml"], "- {name: Inner, hosts: all, gather_facts: false, tasks: [{ansible.builtin.debug: }]}", _token);

        await RunAsync(
            $$"""- {name: Outer, hosts: all, gather_facts: false, tasks: [{ansible.builtin.command: "ansible-playbook -i two, -c local {{_folder["inner.yml"]}}"}]}""", "one,");

        var events = await EventsAsync();
        Assert.Equal(["Outer"], events.Where(line => Is(line, "play_start")).Select(line => line.GetProperty("name").GetString()));
        Assert.Single(events, line => Is(line, "stats"));
    }

    private static bool Is(JsonElement line, string kind) => line.GetProperty("ev").GetString() == kind;

    private static string Task(JsonElement line) => line.GetProperty("task").GetString()!;

    // Hosts of one task answer in any order.
    private static IEnumerable<string> Sorted(string text) => text.Split('\n').Order(StringComparer.Ordinal);

    private Task<List<JsonElement>> EventsAsync() => EventRun.ReadAsync(EventsFile, _token);

    private Task<CommandResult> RunAsync(string play, string hosts, params string[] arguments) => EventRun.RunAsync(_folder, play, hosts, arguments, EventsFile, _token);

    private Task<CommandResult> RunAsync(string play, string hosts, string? events) => EventRun.RunAsync(_folder, play, hosts, [], events, _token);
}
