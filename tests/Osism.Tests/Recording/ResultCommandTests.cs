using System.Text.Json;
using System.Text.Json.Nodes;
using Osism.Cli.Terminal;

namespace Osism.Tests.Recording;

/// <summary><c>osism results ...</c> and <c>osism search</c> against a manager.</summary>
public sealed class ResultCommandTests(ReadingFixture fixture) : IClassFixture<ReadingFixture>
{
    private static readonly Screen Narrow = new(InputIsTerminal: true, OutputIsTerminal: true, ErrorIsTerminal: true, MayAsk: true, Width: 80, Colours: true);

    [Fact]
    public async Task Results_are_an_array_with_the_fields_that_scripts_rely_on()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var (exit, output, _) = fixture.Cli("results", "--job", $"{run.Job}", "--format", "json");

        Assert.Equal(0, exit);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(6, document.RootElement.GetArrayLength());
        Assert.All(
            ["job", "play", "task", "host", "status", "changed", "ignored", "started_at", "duration_ms", "msg"],
            name => Assert.True(document.RootElement[0].TryGetProperty(name, out _), name));
    }

    [Fact]
    public async Task What_failed_comes_first_failure_first_and_stays_within_the_screen()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var (exit, output, _) = fixture.Cli(Narrow with { Colours = false }, "results", "--job", $"{run.Job}", "--failed");

        Assert.Equal(0, exit);
        var lines = output.Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Contains("failed", lines[3], StringComparison.Ordinal);
        Assert.Contains("unreachable", lines[4], StringComparison.Ordinal);
        Assert.Equal(7, lines.Length);
    }

    [Fact]
    public async Task A_matrix_fits_the_screen_and_says_what_its_characters_mean()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var (exit, output, _) = fixture.Cli(Narrow with { Colours = false }, "results", "matrix", $"{run.Job}");

        Assert.Equal(0, exit);
        Assert.Equal(
            """

            node-...              01
            PLAY [Deploy nova]
            nova : Copy config    C.
            Install               FU
            PLAY [Check]
            nova : Check          s
            nova : Check          I

            . ok  C changed  F failed  I ignored  U unreachable  s skipped  blank: did not run

            """,
            output);
    }

    [Fact]
    public async Task A_large_matrix_shows_what_is_of_interest_and_says_what_it_leaves_out()
    {
        var run = new RecordedRun().Play("p");
        for (var task = 0; task < 100; task++)
        {
            run.Task($"task {task}");
            for (var host = 0; host < 70; host++)
            {
                run.Host($"testbed-node-{host}", host == 69 && task == 42 ? "failed" : "ok");
            }
        }

        await run.WriteAsync(fixture.Database);

        var (_, output, _) = fixture.Cli(Narrow with { Colours = false }, "results", "matrix", $"{run.Job}");

        Assert.All(output.Split('\n').Where(line => !line.StartsWith(". ok", StringComparison.Ordinal)), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("task 42               F", output, StringComparison.Ordinal);
        Assert.DoesNotContain("task 41", output, StringComparison.Ordinal);
        Assert.Contains("99 more tasks were ok or skipped on all hosts", output, StringComparison.Ordinal);
        Assert.Contains("12 more hosts do not fit", output, StringComparison.Ordinal);
        var all = fixture.Cli(Narrow with { Colours = false }, "results", "matrix", $"{run.Job}", "--all").Output;
        Assert.Equal(200, all.Split('\n').Count(line => line.StartsWith("task ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_matrix_as_json_has_a_row_a_task_with_the_hosts_by_name()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        using var document = JsonDocument.Parse(fixture.Cli("results", "matrix", $"{run.Job}", "--format", "json").Output);

        Assert.Equal("unreachable", document.RootElement[1].GetProperty("hosts").GetProperty("node-1").GetString());
        Assert.Equal(JsonValueKind.Null, document.RootElement[2].GetProperty("hosts").GetProperty("node-1").ValueKind);
    }

    [Fact]
    public async Task The_turns_of_a_loop_are_shown_one_by_one_and_say_why()
    {
        var results = JsonNode.Parse("""
            [{"ansible_loop_var": "item", "item": "nginx", "changed": false},
             {"ansible_loop_var": "pkg", "pkg": {"name": "vim"}, "changed": true, "stdout": "Setting up vim\ndone"},
             {"ansible_loop_var": "item", "item": "nope", "failed": true, "msg": "No package matching 'nope' is available"},
             {"ansible_loop_var": "item", "item": 7, "skipped": true, "skip_reason": "Conditional result was False"}]
            """);
        var run = await new RecordedRun().Play("p").Task("t").Host("node", "failed", "One or more items failed", res: new JsonObject { ["results"] = results, ["rc"] = 1 })
            .WriteAsync(fixture.Database);

        var (exit, output, _) = fixture.Cli(Narrow with { Colours = false }, "results", "show", $"{run.Result(1)}");

        Assert.Equal(0, exit);
        Assert.Contains(
            """

            items
              ok       nginx
              changed  {"name":"vim"}  Setting up vim done
              failed   nope            No package matching 'nope' is available
              skipped  7               Conditional result was False

            returned
            """,
            output, StringComparison.Ordinal);
        Assert.DoesNotContain("ansible_loop_var", output, StringComparison.Ordinal);
        Assert.Contains("\"rc\": 1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("results")]
    [InlineData("results", "--job", "JOB")]
    [InlineData("results", "show", "RESULT")]
    [InlineData("results", "hosts", "JOB")]
    [InlineData("results", "matrix", "JOB")]
    [InlineData("results", "timing", "JOB")]
    [InlineData("results", "diff", "JOB")]
    [InlineData("results", "compare", "JOB", "JOB")]
    [InlineData("results", "export", "JOB", "--format", "text")]
    [InlineData("search", "needle", "--job", "JOB", "-C")]
    public async Task Nothing_of_a_name_or_a_message_reaches_a_terminal_as_a_command(params string[] words)
    {
        const string Evil = "\u001b]0;title\u0007\u009b31mred needle\u001b[2J\r\n";
        var run = await new RecordedRun { Output = System.Text.Encoding.UTF8.GetBytes($"{Evil}\n") }
            .Play($"play {Evil}").Task($"task {Evil}").Host($"host {Evil}", "failed", Evil, res: new JsonObject { ["stderr"] = Evil },
                diff: new JsonObject { ["before"] = Evil, ["after"] = $"{Evil}{Evil}", ["after_header"] = Evil }).WriteAsync(fixture.Database);

        var (exit, output, error) = fixture.Cli(
            Narrow with { Colours = false }, [.. words.Select(word => word switch { "JOB" => $"{run.Job}", "RESULT" => $"{run.Result(1)}", _ => word })]);

        Assert.True(exit == 0, error);
        Assert.NotEmpty(output);
        Assert.DoesNotContain(output, letter => char.IsControl(letter) && letter is not ('\n' or '\t'));
    }

    [Fact]
    public async Task A_search_prints_where_it_found_the_text()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var (exit, output, _) = fixture.Cli("search", "needle in", "--job", $"{run.Job}");

        Assert.Equal(0, exit);
        Assert.Contains($"  {run.Result(6)} node-0 res.stderr: a needle in stderr\n", output, StringComparison.Ordinal);
        Assert.Contains("not found", fixture.Cli("search", "absent", "--job", $"{run.Job}").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diffs_are_such_as_patch_reads()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var (exit, output, _) = fixture.Cli("results", "diff", $"{run.Job}");

        Assert.Equal(0, exit);
        Assert.Contains("\n--- /etc/nova/nova.conf\n+++ /etc/nova/nova.conf\n@@ -1,1 +1,2 @@\n-old\n+new\n+more\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, "job.not_found", "results", "--job", "0198c0de-0000-7000-8000-000000000001")]
    [InlineData(9, "job.not_found", "results", "matrix", "0198c0de-0000-7000-8000-000000000001")]
    [InlineData(9, "job.not_found", "results", "export", "0198c0de-0000-7000-8000-000000000001")]
    [InlineData(9, "result.not_found", "results", "show", "4711")]
    [InlineData(9, "host.unrecorded", "results", "host", "nobody")]
    [InlineData(2, "request.invalid", "results", "--status", "broken")]
    [InlineData(2, "request.invalid", "results", "--since", "soon")]
    [InlineData(2, "request.invalid", "results", "--limit", "0")]
    [InlineData(2, "request.invalid", "search", "")]
    public void What_is_refused_ends_with_its_code(int exit, string code, params string[] words)
    {
        var run = fixture.Cli(words);

        Assert.Equal(exit, run.Exit);
        Assert.StartsWith($"error: {code}: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }
}
