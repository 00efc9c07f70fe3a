using System.Net;
using System.Text;
using Osism.Contracts;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Remote;

/// <summary>What operators do on hosts by hand: with the real ssh, from the built programs. The nodes have no container engine; theirs says what it was given.</summary>
[Collection(Collections.Site)]
public sealed class ConsoleTests(SiteFixture site) : IAsyncLifetime
{
    private const string Engine = """
        #!/bin/sh
        if [ "$1" = exit ]; then exit "$2"; fi
        printf '[%s]' "$@"
        echo
        """;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    private Cli Cli => site.Cli;

    public async ValueTask InitializeAsync()
    {
        await site.ReadyAsync(_token);
        foreach (var node in site.Lab.Nodes)
        {
            // A file that is run must not be open for writing.
            await OnNodeAsync(node.Name, $"[ -e /root-engine ] || {{ rm -f /usr/local/bin/docker && printf '%s\n' {Quote(Engine)} >/tmp/engine && chmod 755 /tmp/engine && mv /tmp/engine /usr/local/bin/docker && touch /root-engine; }}");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_shell_at_a_terminal_and_one_that_is_chosen_of_a_group_end_with_their_exit_code()
    {
        var shell = await AtTerminalAsync("console node-0", "echo $((20+1))-$(uname -n)-$(id -un)\nexit 7\n");
        Assert.Contains("21-node-0-dragon", shell.Text, StringComparison.Ordinal);
        Assert.Equal(7, shell.ExitCode);

        var chosen = await AtTerminalAsync("console control", "9\n", "2\n", "echo $((20+2))-$(uname -n)\nexit\n");
        Assert.Contains("3) node-2", chosen.Text, StringComparison.Ordinal);
        Assert.Contains("22-node-1", chosen.Text, StringComparison.Ordinal);

        Assert.Equal(0, (await AtTerminalAsync("console control", "quit\n")).ExitCode);
        var nobody = await Cli.RunAsync(_token, "console", "control");
        Assert.Equal(ExitCode.Usage, nobody.ExitCode);
        Assert.Contains("node-0, node-1, node-2", nobody.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_a_shell_reads_what_it_is_given()
    {
        var read = await (Cli.Command("console", "node-1") with { Input = "uname -n; exit 3"u8.ToArray() }).RunAsync(_token);
        Assert.Equal(("node-1\n", 3), (read.Text, read.ExitCode));

        var unknown = await Cli.RunAsync(_token, "console", "node-9.invalid");
        Assert.Equal(ExitCode.NotFound, unknown.ExitCode);
        Assert.StartsWith("error: host.unknown: ", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_word_arrives_as_one_whatever_it_holds()
    {
        string[] words = ["ps", "a  b", "; touch /tmp/never", "$(touch /tmp/never)", "`touch /tmp/never`", "it's", "\"", "x\ny", "*", "~", "", "-h", "--", "&& exit 1", "\\"];

        var one = await Cli.RunAsync(_token, ["container", "node-0", .. words]);
        Assert.Equal((string.Concat(words.Select(word => $"[{word}]")) + "\n", "", 0), (one.Text, one.Errors, one.ExitCode));

        var compose = await Cli.RunAsync(_token, "compose", "node-0", "manager", "ps", "--format", "{{.Name}} $HOME");
        Assert.Equal("[compose][--project-directory=/opt/manager][ps][--format][{{.Name}} $HOME]\n", compose.Text);

        var log = await Cli.RunAsync(_token, "log", "container", "node-0", "nova_api", "--tail", "5;id");
        Assert.Equal("[logs][--tail][5;id][nova_api]\n", log.Text);

        await OnNodeAsync("node-0", "test ! -e /tmp/never");
        Assert.False(File.Exists("/tmp/never"));
    }

    [Fact]
    public async Task On_several_hosts_each_line_says_where_and_the_worst_exit_code_counts()
    {
        var lines = (await Cli.MustAsync(_token, "container", "-l", "!node-1", "control", "ps")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["node-0 | [ps]", "node-2 | [ps]"], lines.Order(StringComparer.Ordinal));

        Assert.Equal(5, (await Cli.RunAsync(_token, "docker", "control", "exit", "5")).ExitCode);
        var many = await Cli.RunAsync(_token, "container", "--max-hosts", "2", "control", "ps");
        Assert.Equal((ExitCode.Usage, ""), (many.ExitCode, many.Text));
        Assert.Contains("--max-hosts 3", many.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_a_slash_is_a_prompt_of_its_engine_and_with_a_container_a_shell_in_it()
    {
        var prompt = await (Cli.Command("console", "node-0/") with { Input = "ps 'a b' \"c;d\"\nlogs 'open\nexit 6\n"u8.ToArray() }).RunAsync(_token);
        Assert.Equal(("[ps][a b][c;d]\n", 6), (prompt.Text, prompt.ExitCode));
        Assert.Contains("error: request.invalid: ", prompt.Errors, StringComparison.Ordinal);

        var shell = await AtTerminalAsync("console node-0/nova_api");
        Assert.Contains("[exec][-it][nova_api][sh]", shell.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_file_is_shown_and_followed_and_what_leads_out_of_var_log_is_not()
    {
        await OnNodeAsync("node-0", "mkdir -p /var/log/osism-t && cd /var/log/osism-t && seq 1 9 >'a b.log' && ln -sf 'a b.log' in && ln -sf /etc/passwd out");

        Assert.Equal("8\n9\n", (await Cli.MustAsync(_token, "log", "file", "node-0", "osism-t/a b.log", "-n", "2")).Text);
        Assert.Equal("9\n", (await Cli.MustAsync(_token, "get", "logs", "file", "node-0", "/var/log/osism-t/in", "--lines", "1")).Text);
        var leadsOut = await Cli.RunAsync(_token, "log", "file", "node-0", "osism-t/out");
        Assert.Equal((1, ""), (leadsOut.ExitCode, leadsOut.Text));
        Assert.Contains("not below /var/log", leadsOut.Errors, StringComparison.Ordinal);

        using var following = Cli.Start("log", "file", "-f", "-n", "1", "node-0", "osism-t/a b.log");
        await Eventually.TrueAsync("the last line is shown", () => Encoding.UTF8.GetString(following.Stdout) == "9\n", Bounds.Long, _token);
        await OnNodeAsync("node-0", "echo more >>'/var/log/osism-t/a b.log'");
        await Eventually.TrueAsync("what was written since is shown", () => Encoding.UTF8.GetString(following.Stdout) == "9\nmore\n", Bounds.Long, _token);
        await following.SignalAsync("TERM", _token);
        await following.WaitAsync(Bounds.Long, _token);
    }

    [Fact]
    public async Task Clush_and_Ansible_open_on_the_hosts_of_a_group()
    {
        var clush = await (Cli.Command("console", ":control") with { Input = "uname -n\nquit\n"u8.ToArray() }).RunAsync(_token);
        Assert.Equal(0, clush.ExitCode);
        Assert.All(["node-0: node-0", "node-1: node-1", "node-2: node-2"], line => Assert.Contains(line, clush.Text, StringComparison.Ordinal));

        var ansible = await (Cli.Command("console", ".node-2") with { Input = "command uname -n\nexit\n"u8.ToArray() }).RunAsync(_token);
        Assert.Contains("node-2 | CHANGED", ansible.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_user_is_told_whom_to_ask_and_a_key_in_the_home_needs_no_manager()
    {
        var other = await new Command("runuser") { Arguments = ["-u", "dragon", "--", "env", $"OSISM_HOME={site.Daemon.Home}", Checkout.Cli, "console", "node-0"] }.RunAsync(_token);
        Assert.Equal(ExitCode.Denied, other.ExitCode);
        Assert.Contains("sudo", other.Errors, StringComparison.Ordinal);

        using var home = new TempFolder();
        await new Command("cp") { Arguments = ["-a", Path.Combine(site.Daemon.Home, "inventory"), Path.Combine(site.Daemon.Home, "machine"), home.Path] }.MustAsync(_token);
        Directory.CreateDirectory(home["secrets"]);
        File.Copy(site.Lab.PrivateKey, home["secrets/id_rsa.operator"]);
        var alone = await new Cli(home.Path).RunAsync(_token, "container", "node-0", "ps");
        Assert.Equal(("[ps]\n", 0), (alone.Text, alone.ExitCode));
    }

    [Fact]
    public async Task The_central_logs_are_asked_with_SQL()
    {
        using var store = new HttpListener();
        var port = FreePort.Next();
        store.Prefixes.Add($"http://127.0.0.1:{port}/");
        store.Start();
        var asked = AnswerAsync(store);

        var command = Cli.Command("log", "opensearch", "--verbose") with { Input = "SELECT * FROM flog LIMIT 5;\nexit\n"u8.ToArray() };
        var variables = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal)
        {
            ["OPENSEARCH_ADDRESS"] = "127.0.0.1",
            ["OPENSEARCH_PORT"] = $"{port}",
            ["OPENSEARCH_PROTOCOL"] = "http",
        };
        var result = await (command with { Environment = variables }).RunAsync(_token);

        Assert.Equal(("t | node-0 | nova | started\n", 0), (result.Text, result.ExitCode));
        Assert.Equal("""POST /_plugins/_sql?format=json {"query":"SELECT * FROM flog LIMIT 5"}""", await asked);
        var none = await Cli.RunAsync(_token, "log", "opensearch");
        Assert.Equal(ExitCode.Unreachable, none.ExitCode);
        Assert.Contains("manager_opensearch_address", none.Errors, StringComparison.Ordinal);
    }

    private static async Task<string> AnswerAsync(HttpListener store)
    {
        var context = await store.GetContextAsync();
        using var reader = new StreamReader(context.Request.InputStream);
        var asked = $"{context.Request.HttpMethod} {context.Request.RawUrl} {await reader.ReadToEndAsync(TestContext.Current.CancellationToken)}";
        context.Response.OutputStream.Write("""{"hits": {"hits": [{"_source": {"timestamp": "t", "Hostname": "node-0", "programname": "nova", "Payload": "started"}}]}}"""u8);
        context.Response.Close();
        return asked;
    }

    /// <summary>Runs it at a pseudo terminal; what is typed comes in steps, each behind a prompt.</summary>
    private async Task<CommandResult> AtTerminalAsync(string line, params string[] typed)
    {
        // script(1) gives what it reads to the terminal, and ends with what the command ended with.
        using var running = new Command("script")
        {
            Arguments = ["-q", "-e", "-c", $"exec {Checkout.Cli} {line}", "/dev/null"],
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = site.Daemon.Home, ["TERM"] = "dumb" },
            Interactive = true,
        }.Start();
        var seen = 0;
        foreach (var text in typed)
        {
            await Eventually.TrueAsync($"'{line}' asks for something", () => IsAsking(running, seen), Bounds.Long, _token);
            seen = running.Stdout.Length;
            await running.TypeAsync(text, _token);
        }

        return await running.WaitAsync(Bounds.Long, _token);
    }

    private static bool IsAsking(RunningCommand running, int seen) =>
        running.Stdout is var bytes && bytes.Length > seen && Encoding.UTF8.GetString(bytes) is var text
        && (text.EndsWith("leave: ", StringComparison.Ordinal) || text.EndsWith("$ ", StringComparison.Ordinal));

    private async Task OnNodeAsync(string node, string script)
    {
        var result = await site.Lab.ExecAsync(node, ["sh", "-c", script], _token);
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
