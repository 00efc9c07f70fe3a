using System.Security.Cryptography;
using System.Text.Json;

namespace Osism.Tests.Ansible;

/// <summary>What the callback plugin says of the plays in <c>Recorded</c>, event by event.</summary>
public sealed class RecordedEventsTests(RecordedRun run) : IClassFixture<RecordedRun>
{
    private static readonly string Folder = Path.GetDirectoryName(RecordedRun.Sample)!;

    private readonly Dictionary<string, string> _names = run.Events
        .Where(line => Is(line, "task_start")).DistinctBy(line => Text(line, "task")).ToDictionary(line => Text(line, "task"), line => Text(line, "name"));

    [Fact]
    public void Every_event_has_the_fields_of_its_kind()
    {
        Assert.All(run.Events, line => Assert.Null(EventForm.Fault(line)));
        Assert.Equal(EventForm.Names.Order(StringComparer.Ordinal), run.Events.Select(line => Text(line, "ev")).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, run.Events.Count), run.Events.Select(line => line.GetProperty("seq").GetInt32()));
    }

    [Fact]
    public async Task The_sample_for_readers_is_what_the_plugin_says_today()
    {
        var sample = await EventRun.ReadAsync(RecordedRun.Sample, TestContext.Current.CancellationToken);

        Assert.All(sample, line => Assert.Null(EventForm.Fault(line)));
        Assert.InRange(new FileInfo(RecordedRun.Sample).Length, 1, 200_000);
        Assert.Equal(Counted(run.Events), Counted(sample));
    }

    [Fact]
    public void A_host_has_one_state_for_each_task()
    {
        Assert.Equal(
            [
                "greet : Greet changed", "Ok ok", "Skipped skipped", "Items changed", "Ignored ignored", "Ignored items ignored", "Broken failed", "Repaired ok", "Retried ok",
                "Odd ok", "Copied changed", "Templated changed", "Line changed", "Included skipped", "Role included skipped", "Delegated ok", "Delegated items ok", "Once ok",
                "Facts ok", "Facts of others ok", "Set facts ok", "Stats ok", "Meta skipped", "greet : Wave ok", "Listened ok", "In turn ok", "At will ok", "Away skipped",
                "Fails failed",
            ],
            run.Events.Where(line => Is(line, "host") && Text(line, "h") == "one")
                .Select(line => $"{_names[Text(line, "task")].Replace(" of one", "").Replace(" of two", "")} {Text(line, "status")}"));
        Assert.Equal(["Away unreachable"], run.Events.Where(line => Is(line, "host") && Text(line, "h") == "gone").Select(line => $"{_names[Text(line, "task")]} {Text(line, "status")}"));
        Assert.Equal(["Ignored", "Ignored items"], run.Events.Where(line => Is(line, "host") && line.GetProperty("ignored").GetBoolean()).Select(line => _names[Text(line, "task")]));
    }

    [Fact]
    public void The_recaps_are_those_that_Ansible_prints()
    {
        var recaps = run.Result.Text.Split("PLAY RECAP")[1..].Select(text => text.Split("PLAY ")[0]).ToList();
        var stats = run.Events.Where(line => Is(line, "stats")).ToList();

        Assert.Equal((2, 2), (recaps.Count, stats.Count));
        foreach (var (recap, told) in recaps.Zip(stats))
        {
            var lines = recap.Split('\n').Where(line => line.Contains(" : ", StringComparison.Ordinal)).ToList();
            Assert.Equal(lines.Count, told.GetProperty("hosts").EnumerateObject().Count());
            foreach (var line in lines)
            {
                var host = told.GetProperty("hosts").GetProperty(line.Split(' ')[0]);
                var numbers = line.Split(" : ")[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                Assert.All(numbers, pair => Assert.Equal(pair.Split('=')[1], host.GetProperty(pair.Split('=')[0]).GetRawText()));
            }
        }

        Assert.Equal(3, stats[0].GetProperty("custom").GetProperty("_run").GetProperty("rooms").GetInt32());
    }

    [Fact]
    public void A_run_begins_with_its_options_but_not_with_variables()
    {
        var starts = run.Events.Where(line => Is(line, "run_start")).ToList();

        Assert.Equal(["first.yml", "second.yml"], starts.Select(line => Text(line, "playbook")));
        Assert.Equal(Path.Combine(Folder, "first.yml"), Text(starts[0], "path"));
        Assert.True(starts[0].GetProperty("diff").GetBoolean());
        Assert.False(starts[0].GetProperty("check").GetBoolean());
        Assert.Equal(5, starts[0].GetProperty("forks").GetInt32());
        Assert.Equal("local", Text(starts[0].GetProperty("arguments"), "connection"));
        Assert.All(run.Events, line => Assert.DoesNotContain(RecordedRun.Token, line.GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public void Batches_strategies_and_hosts_of_plays_are_told()
    {
        Assert.Equal(
            ["Räume & more linear False one,two", "One by one linear True one", "One by one linear True two", "Freely free False one,two", "Nowhere linear False ", "Apart linear False one,two,gone"],
            run.Events.Where(line => Is(line, "play_start")).Select(line =>
                $"{Text(line, "name")} {Text(line, "strategy")} {line.GetProperty("serial").GetBoolean()} {string.Join(',', Texts(line.GetProperty("hosts")))}"));
        Assert.Equal(5, run.Events.Where(line => Is(line, "play_start")).Select(line => Text(line, "play")).Distinct().Count());
        Assert.Equal(2, run.Events.Count(line => Is(line, "task_start") && Text(line, "name") == "In turn"));
        var plays = run.Events.Where(line => Is(line, "play_start")).Select(line => Text(line, "play")).ToHashSet();
        Assert.All(run.Events.Where(line => Is(line, "task_start")), line => Assert.Contains(Text(line, "play"), plays));
    }

    [Fact]
    public void Tasks_say_where_they_stand_and_what_they_are()
    {
        var tasks = run.Events.Where(line => Is(line, "task_start")).DistinctBy(line => Text(line, "name")).ToDictionary(line => Text(line, "name"));

        Assert.Equal(("greet", "ansible.builtin.debug"), (Text(tasks["greet : Greet"], "role"), Text(tasks["greet : Greet"], "action")));
        Assert.Equal(Path.Combine(Folder, "roles", "greet", "tasks", "main.yml") + ":1", Text(tasks["greet : Greet"], "path"));
        Assert.Equal(["all-of-it", "quick"], Texts(tasks["Ok"].GetProperty("tags")));
        Assert.Equal(["greet : Wave", "Listened"], tasks.Values.Where(task => task.GetProperty("handler").GetBoolean()).Select(task => Text(task, "name")));
        Assert.Equal(
            ["Items", "Ignored items", "Templated", "Delegated items", "Facts of others"],
            tasks.Values.Where(task => task.GetProperty("loop").GetBoolean()).Select(task => Text(task, "name")));
    }

    [Fact]
    public async Task Files_come_whole_and_before_what_stands_in_them()
    {
        var known = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var line in run.Events)
        {
            if (Is(line, "file"))
            {
                Assert.True(known.TryAdd(Text(line, "path"), line));
            }
            else if (Is(line, "task_start"))
            {
                Assert.Contains(Text(line, "path").Split(':')[0], known.Keys);
            }
        }

        foreach (var (path, file) in known)
        {
            var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(System.Text.Encoding.UTF8.GetString(content), Text(file, "content"));
#pragma warning disable CA5350 // The clients of ARA want SHA-1.
            Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(content)), Text(file, "sha1"));
#pragma warning restore CA5350
        }

        Assert.Equal(
            ["first.yml", "included.yml", "roles/greet/handlers/main.yml", "roles/greet/tasks/main.yml", "second.yml"],
            known.Keys.Select(path => Path.GetRelativePath(Folder, path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Items_have_label_state_and_message()
    {
        string Told(string task, string host) => string.Join("; ", run.Events
            .Where(line => Is(line, "item") && Text(line, "h") == host && _names[Text(line, "task")] == task)
            .Select(line => $"{Text(line, "item")} {Text(line, "status")} {line.GetProperty("changed").GetBoolean()} {line.GetProperty("msg").GetString()}"));

        Assert.Equal("first ok False a; second changed True b; third skipped False ", Told("Items", "one"));
        Assert.Equal("1 ok False All assertions passed; 2 ignored False no such luck", Told("Ignored items", "one"));
        Assert.Equal("1 skipped False ; 2 skipped False ", Told("Ignored items", "two"));
        Assert.Equal((3, 3), (Result("Items").GetProperty("items").GetInt32(), Result("Items").GetProperty("res").GetProperty("results").GetArrayLength()));
        Assert.False(Result("Ok").TryGetProperty("items", out _));
    }

    [Fact]
    public void Retries_notifications_and_includes_are_told()
    {
        Assert.Equal(["one 1/4", "two 1/4"], run.Events.Where(line => Is(line, "retry")).Select(line => $"{Text(line, "h")} {line.GetProperty("attempt")}/{line.GetProperty("of")}").Order(StringComparer.Ordinal));
        Assert.Equal(
            ["one Listened", "one greet : Wave", "two greet : Wave", "two greet : Wave"],
            run.Events.Where(line => Is(line, "notify")).Select(line => $"{Text(line, "h")} {Text(line, "handler")}").Order(StringComparer.Ordinal));
        var include = run.Events.Single(line => Is(line, "include"));
        Assert.Equal((Path.Combine(Folder, "included.yml"), "two"), (Text(include, "file"), string.Join(',', Texts(include.GetProperty("hosts")))));
    }

    [Fact]
    public void Diffs_stand_apart_from_results()
    {
        var copied = Assert.Single(Result("Copied").GetProperty("diff").EnumerateArray());
        var line = Assert.Single(Result("Line").GetProperty("diff").EnumerateArray());

        Assert.Equal(("", "line\n"), (Text(copied, "before"), Text(copied, "after")));
        Assert.Equal(("line\n", "line\nanother\n"), (Text(line, "before"), Text(line, "after")));
        Assert.EndsWith("/copied (content)", Text(line, "after_header"), StringComparison.Ordinal);
        Assert.Equal(["left for left\n", "right for right\n"], Result("Templated").GetProperty("diff").EnumerateArray().Select(one => $"{Text(one, "item")} {Text(one, "after")}"));
        Assert.All(run.Events.Where(one => Is(one, "host")), one => Assert.DoesNotContain("\"diff\":", one.GetProperty("res").GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public void Facts_are_told_whole_of_the_host_that_has_them()
    {
        var facts = run.Events.Where(line => Is(line, "facts")).ToList();

        Assert.Equal(["one Facts", "two Facts of others"], facts.Select(line => $"{Text(line, "h")} {_names[Text(line, "task")]}"));
        Assert.Equal("Debian", Text(facts[0].GetProperty("facts"), "ansible_distribution"));
        Assert.Equal(facts[0].GetProperty("facts").EnumerateObject().Count(), Result("Facts").GetProperty("res").GetProperty("ansible_facts_keys").GetInt32());
        Assert.Equal("green", Text(Result("Set facts").GetProperty("res").GetProperty("ansible_facts"), "colour"));
        Assert.True(Result("Facts of others").GetProperty("res").GetProperty("results")[0].TryGetProperty("ansible_facts_keys", out _));
        Assert.True(facts[0].GetProperty("seq").GetInt32() < Result("Facts").GetProperty("seq").GetInt32());
    }

    [Fact]
    public void Delegates_are_named_once_each()
    {
        Assert.Equal(["two"], Texts(Result("Delegated").GetProperty("delegated_to")));
        Assert.Equal(["one", "two"], Texts(Result("Delegated items").GetProperty("delegated_to")));
        Assert.Empty(Texts(Result("Ok").GetProperty("delegated_to")));
        Assert.Single(run.Events, line => Is(line, "host") && _names[Text(line, "task")] == "Once");
    }

    [Fact]
    public void Warnings_come_from_the_whole_run_and_with_their_result()
    {
        Assert.Equal(["careful now", "Could not match supplied host pattern, ignoring: nowhere"], run.Events.Where(line => Is(line, "warning")).Select(line => Text(line, "text")));
        Assert.StartsWith("not for long.", Text(run.Events.Single(line => Is(line, "deprecation")), "text"), StringComparison.Ordinal);
        Assert.Equal(["careful now"], Texts(Result("Odd").GetProperty("warnings")));
        Assert.Equal("not for long", Text(Result("Odd").GetProperty("deprecations")[0], "msg"));
        Assert.False(Result("Odd").GetProperty("res").TryGetProperty("warnings", out _));
    }

    [Fact]
    public void What_JSON_has_no_form_for_is_told_as_text()
    {
        var res = Result("Odd").GetProperty("res");

        Assert.Equal("nan", Text(res, "nan"));
        Assert.Equal("""["inf",1.5,1180591620717411303424,true,null]""", res.GetProperty("numbers").GetRawText());
        Assert.Equal(["1 int", "(1, 2) tuple", "None none"], res.GetProperty("keys").EnumerateObject().Select(field => $"{field.Name} {field.Value}"));
        Assert.Equal(["\uFFFD\uFFFD", "text"], Texts(res.GetProperty("bytes")));
        Assert.Equal(("2026-11-29 01:02:03", "half ? of one", "\0\u001b[31m\u2028"), (Text(res, "moment"), Text(res, "surrogate"), Text(res, "controls")));
        Assert.Contains("(left out)", res.GetProperty("deep").GetRawText(), StringComparison.Ordinal);
        Assert.Equal("""{"told":1}""", res.GetProperty("inner").GetRawText());
        Assert.All(run.Events.Where(line => Is(line, "host")), line => Assert.DoesNotMatch("internal-text|sealed-text|_ansible_", line.GetRawText()));
    }

    [Fact]
    public void Times_and_durations_hang_together()
    {
        Assert.All(run.Events.Where(line => Is(line, "host") && _names[Text(line, "task")] != "Meta"), line =>
        {
            var start = run.Events.Last(other => Is(other, "host_start") && Text(other, "task") == Text(line, "task") && Text(other, "h") == Text(line, "h"));
            var (began, ended) = (line.GetProperty("start").GetDouble(), line.GetProperty("t").GetDouble());
            Assert.InRange(began, start.GetProperty("t").GetDouble() - 1, start.GetProperty("t").GetDouble());
            Assert.InRange(line.GetProperty("dur_ms").GetInt64(), 0, ((ended - began) * 1000) + 1000);
        });
    }

    private static bool Is(JsonElement line, string kind) => Text(line, "ev") == kind;

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(one => one.GetString()!);

    private static IEnumerable<string> Counted(IEnumerable<JsonElement> events) =>
        events.CountBy(line => Text(line, "ev")).Select(kind => $"{kind.Key} {kind.Value}").Order(StringComparer.Ordinal);

    private JsonElement Result(string task) => run.Events.First(line => Is(line, "host") && Text(line, "h") == "one" && _names[Text(line, "task")] == task);
}
