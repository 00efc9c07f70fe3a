using Osism.Contracts;

namespace Osism.Tests.Cli;

/// <summary>What happens before a command runs and after it failed.</summary>
public sealed class CommandRunnerTests : IDisposable
{
    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData("")]
    public void Help_of_the_whole_names_every_working_command_and_needs_no_manager(string word)
    {
        Assert.Equal(0, _run.Run(word.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Contains("  task list  ", _run.Output, StringComparison.Ordinal);
        Assert.Contains("baremetal ...", _run.Output, StringComparison.Ordinal);
        Assert.Empty(_run.Error);
    }

    [Theory]
    [InlineData("help task list")]
    [InlineData("task list --help")]
    [InlineData("task list -h")]
    [InlineData("--debug task list -q --help")]
    public void Help_of_a_command_can_be_asked_for_in_front_of_it_and_behind_it(string line)
    {
        Assert.Equal(0, _run.Run(line.Split(' ')));

        Assert.Contains("Usage: osism task list [OPTIONS]", _run.Output, StringComparison.Ordinal);
        Assert.Contains("--state STATE", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_of_a_group_lists_its_commands_and_a_group_alone_is_refused_with_them()
    {
        Assert.Equal(0, _run.Run("task", "--help"));
        Assert.Contains("task revoke", _run.Output, StringComparison.Ordinal);

        Assert.Equal(2, _run.Run("task"));
        Assert.Equal("error: request.invalid: 'osism task' needs one more word: forget, list, output, pin, prune, revoke, show, unpin\n", _run.Error);
    }

    [Fact]
    public void The_version_is_one_line() => Assert.Matches(@"^osism \d+\.\d+\.\d+\n$", Output("--version"));

    [Theory]
    [InlineData("tsk list", "there is no command 'osism tsk list'; see 'osism --help' (nearest: task list)")]
    [InlineData("aply", "there is no command 'osism aply'; see 'osism --help' (nearest: apply)")]
    [InlineData("xyzzy", "there is no command 'osism xyzzy'; see 'osism --help'")]
    [InlineData("--foo", "there is no option '--foo' before a command; see 'osism --help'")]
    public void An_unknown_command_is_refused_with_the_nearest_names(string line, string message)
    {
        Assert.Equal(ExitCode.Usage, _run.Run(line.Split(' ')));
        Assert.Equal($"error: request.invalid: {message}\n", _run.Error);
    }

    [Theory]
    [InlineData("task list --foo", "Unrecognized command or argument '--foo'.")]
    [InlineData("task list --format xml", "Argument 'xml' not recognized.")]
    [InlineData("task show", "Required argument missing for command: 'show'.")]
    [InlineData("task list --limit x", "Cannot parse argument 'x'")]
    [InlineData("task list --limit 0", "--limit must be a number from 1")]
    [InlineData("task list --state odd", "'odd' is no state; there are queued, starting")]
    [InlineData("wait --timeout -1", "numbers from 0")]
    [InlineData("apply --format json facts", "--format json is for --explain")]
    public void A_wrong_word_is_refused_in_one_line(string line, string message)
    {
        Assert.Equal(ExitCode.Usage, _run.Run(line.Split(' ')));

        Assert.StartsWith("error: request.invalid: ", _run.Error, StringComparison.Ordinal);
        Assert.Contains(message, _run.Error, StringComparison.Ordinal);
        Assert.Equal(1, _run.Error.Count(letter => letter == '\n'));
        Assert.Empty(_run.Output);
    }

    [Fact]
    public void Without_a_manager_the_socket_and_the_remedy_are_named()
    {
        Assert.Equal(ExitCode.Away, _run.Run("task", "list"));

        Assert.StartsWith($"error: manager.away: no manager answers on {_run.Home}/osismd.sock; start one with 'osismd'", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_trace_is_shown_when_it_is_wanted()
    {
        Assert.Equal(ExitCode.Away, _run.Run("task", "list", "--debug"));

        Assert.Contains("   at Osism.Cli.", _run.Error, StringComparison.Ordinal);
        Assert.Contains("error: manager.away", _run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_code_of_the_manager_becomes_its_line_and_its_exit_code(string code)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeJobs.Problem(new ProblemInfo(ErrorCodes.All[code].Status, code, "it is so")));

        Assert.Equal(ErrorCodes.All[code].ExitCode, await _run.Start("task", "list"));
        Assert.Equal($"error: {code}: it is so\n", _run.Error);
    }

    [Fact]
    public async Task The_facts_of_a_refusal_are_in_its_line()
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeJobs.Problem(new ProblemInfo(409, "lock.held", "kolla is locked")
        {
            File = "environments/kolla/.lock",
            Line = 3,
            Holder = "alice",
            Nearest = ["nova", "nova-cell"],
        }));

        Assert.Equal(ExitCode.Locked, await _run.Start("task", "list"));
        Assert.Equal("error: lock.held: kolla is locked (nearest: nova, nova-cell; environments/kolla/.lock:3; held by alice)\n", _run.Error);
    }

    [Theory]
    [InlineData(401, "", ExitCode.Denied)]
    [InlineData(404, "<html>", ExitCode.Internal)]
    [InlineData(503, "", ExitCode.Away)]
    [InlineData(500, "{\"odd\":1}", ExitCode.Internal)]
    public async Task An_answer_that_is_no_problem_of_ours_is_still_one_line(int status, string body, int exit)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(status, body));

        Assert.Equal(exit, await _run.Start("task", "list"));
        Assert.Matches("^error: [a-z]+\\.[a-z]+: .*\n$", _run.Error);
    }

    [Theory]
    [InlineData("[1,2]")]
    [InlineData("{\"items\":[{\"id\":1}]}")]
    [InlineData("{\"items\":[{\"id\":\"x\"}]}")]
    [InlineData("nonsense")]
    public async Task An_answer_that_is_not_understood_is_a_fault_of_ours(string body)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(200, body));

        Assert.Equal(ExitCode.Internal, await _run.Start("task", "list"));
        Assert.StartsWith("error: internal.error: ", _run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string> Codes => [.. ErrorCodes.All.Keys.Order(StringComparer.Ordinal)];

    private string Output(params string[] arguments)
    {
        Assert.Equal(0, _run.Run(arguments));
        return _run.Output;
    }
}
