using System.Text;
using System.Text.Json;
using Osism.Contracts;

namespace Osism.Tests.Cli;

/// <summary><c>osism vault</c>, <c>status</c>, <c>apply --explain</c>, completion.</summary>
public sealed class OtherCommandTests : IDisposable
{
    private const string Plan = """
        {"runtime":"osism-ansible","environment":"generic","playbook":"/p/facts.yml","cwd":"/c","argv":["ansible-playbook","-e","x=a b","it's"],
        "env":{"B":"2","A":"1"},"extra_vars_files":["/c/a.yml"],"ansible_cfg":[],"inventory":{"revision":7,"path":"/i"},
        "vault":{"needed":true,"source":"stored","files":["/c/secrets.yml"]},"locks":[{"key":"everything","path":".lock","held":false}],
        "queue":"osism-ansible","warnings":[]}
        """;

    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("vault password set", "secret\n")]
    [InlineData("set vault password", "secret")]
    [InlineData("set vault password", "secret\r\n")]
    public async Task A_password_is_read_from_stdin_and_never_shown(string command, string input)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(200, "{}"));
        _run.Input = new MemoryStream(Encoding.UTF8.GetBytes(input));

        Assert.Equal(0, await _run.Start(command.Split(' ')));

        var request = Assert.Single(manager.Requests);
        Assert.Equal(("PUT", "/v1/vault/password", """{"password":"secret"}"""), (request.Method, request.Path, request.Body));
        Assert.DoesNotContain("secret", _run.Error + _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_password_is_refused()
    {
        Assert.Equal(ExitCode.Usage, await _run.Start("vault", "password", "set"));
        Assert.Equal("error: request.invalid: the password is empty\n", _run.Error);
    }

    [Theory]
    [InlineData("vault password unset")]
    [InlineData("noset vault password")]
    public async Task A_password_can_be_forgotten(string command)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Bytes(204, []));

        Assert.Equal(0, await _run.Start(command.Split(' ')));
        Assert.Equal("DELETE", Assert.Single(manager.Requests).Method);
    }

    [Fact]
    public async Task A_vault_file_is_printed_as_it_is()
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(200, """{"path":"a.yml","encrypted":true,"content":"---\nkey: é\n"}"""));

        Assert.Equal(0, await _run.Start("vault", "view", "a.yml"));
        Assert.Equal("---\nkey: é\n", _run.Output);
        Assert.Empty(_run.Error);
        Assert.Equal("""{"path":"a.yml"}""", Assert.Single(manager.Requests).Body);
    }

    [Theory]
    [InlineData(true, "passed", "script", 0, "PASSED\n")]
    [InlineData(true, "passed", "log", 0, "PASSED: it is so\n")]
    [InlineData(false, "wrong_password", "script", 1, "FAILED: wrong_password\n")]
    [InlineData(false, "wrong_password", "log", 1, "FAILED: wrong_password: it is so\n")]
    public async Task The_vault_is_checked(bool passed, string code, string format, int exit, string output)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(
            200, $$"""{"passed":{{(passed ? "true" : "false")}},"code":"{{code}}","message":"it is so","path":null,"warnings":["odd"]}"""));

        Assert.Equal(exit, await _run.Start("vault", "check", "--path", "a b.yml", "--format", format));
        Assert.Equal(output, _run.Output);
        Assert.Equal("warning: odd\n", _run.Error);
        Assert.Equal("/v1/vault/check?path=a%20b.yml", Assert.Single(manager.Requests).Path);
    }

    [Theory]
    [InlineData("healthy", 0)]
    [InlineData("degraded", 1)]
    [InlineData("down", 12)]
    public async Task The_status_is_an_exit_code_too(string status, int exit)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(
            200, $$"""{"status":"{{status}}","version":"0.1.0","components":[{"name":"api","kind":"service","state":"up","version":null,"since":null,"proof_at":null,"detail":null}]}"""));

        Assert.Equal(exit, await _run.Start("manager", "status"));
        Assert.StartsWith($"{status}, osismd 0.1.0\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("| api  | service | up ", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_until_all_is_well_asks_again_until_it_is()
    {
        var asked = 0;
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(
            200, $$"""{"status":"{{(++asked < 3 ? "degraded" : "healthy")}}","version":"0.1.0","components":[{"name":"api","state":"down","detail":"it starts"}]}"""));

        Assert.Equal(ExitCode.TimedOut, await _run.Start("status", "--wait-healthy", "--timeout", "0"));
        Assert.Equal("error: wait.timed_out: the manager is not healthy after 0 s: api is down: it starts\n", _run.Error);
        Assert.Equal(ExitCode.Success, await _run.Start("status", "--wait-healthy"));
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task A_program_that_asks_an_absent_manager_for_its_status_gets_an_answer()
    {
        Assert.Equal(ExitCode.Away, await _run.Start("status", "--format", "json"));

        using var document = JsonDocument.Parse(_run.Output);
        Assert.Equal("down", document.RootElement.GetProperty("status").GetString());
        Assert.StartsWith("error: manager.away", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_run_is_printed_as_the_object_it_is()
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(200, Plan));

        Assert.Equal(0, await _run.Start("apply", "--explain", "--format", "json", "facts", "-e", "x=a b"));

        using var expected = JsonDocument.Parse(Plan);
        using var printed = JsonDocument.Parse(_run.Output);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, printed.RootElement));
        var request = Assert.Single(manager.Requests);
        Assert.Equal("/v1/runs/explain", request.Path);
        Assert.Contains("\"arguments\":[\"-e\",\"x=a b\"]", request.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_run_can_be_read_and_copied_by_people()
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(200, Plan));

        Assert.Equal(0, await _run.Start("apply", "--explain", "facts"));

        Assert.Contains("  A=1\n  B=2\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("command\n  ansible-playbook -e 'x=a b' 'it'\\''s'\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("inventory    revision 7, /i\n", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tree_of_a_chain_is_shown_and_nothing_submitted()
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(200, Plan));

        Assert.Equal(0, await _run.Start("apply", "--show-tree", "a//b"));

        Assert.Equal("A [0] - a (generic, osism-ansible)\nA [1] -- b (generic, osism-ansible)\n", _run.Output);
        Assert.All(manager.Requests, request => Assert.Equal("/v1/runs/explain", request.Path));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    public async Task The_script_of_a_shell_asks_us_for_every_word(string shell)
    {
        Assert.Equal(0, await _run.Start("completion", shell));
        Assert.Contains("osism complete", _run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ta", "task\n")]
    [InlineData("task |", "forget\nlist\noutput\npin\nprune\nrevoke\nshow\nunpin\n")]
    [InlineData("task l", "list\n")]
    [InlineData("manage image clusterapi |", "gardener\n")]
    [InlineData("task show --f", "--format\n")]
    [InlineData("apply --no", "--no-wait\n")]
    [InlineData("apply fa", "facts\n")]
    [InlineData("apply --no-wait |", "facts\nping\n")]
    [InlineData("apply facts |", "")]
    [InlineData("get status w", "workers\n")]
    [InlineData("nonsense |", "")]
    public async Task Words_are_completed(string line, string candidates)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(
            200, """{"items":[{"role":"facts","environment":"e","runtime":"r","source":"s"},{"role":"ping","environment":"e","runtime":"r","source":"s"}],"next":null}"""));

        Assert.Equal(0, await _run.Start(["complete", .. line.Split(' ').Select(word => word == "|" ? "" : word)]));
        Assert.Equal(candidates, _run.Output);
    }

    [Fact]
    public async Task Words_are_completed_without_a_manager_too()
    {
        Assert.Equal(0, await _run.Start("complete", "apply", ""));
        Assert.Empty(_run.Output + _run.Error);
    }
}
