using Osism.Testing;

namespace Osism.Tests.Ansible;

/// <summary><c>ansible/callback_plugins/osism_patience.py</c>, as real <c>ansible-playbook</c> processes use it on a host where nothing listens.</summary>
public sealed class LoopPatienceTests : IDisposable
{
    private const string NotTried = "Not tried";
    private const int Items = 5;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_an_item_without_an_answer_no_other_is_tried()
    {
        var (result, tried) = await RunAsync("");

        Assert.Equal((4, 1), (result.ExitCode, tried));
        Assert.Equal(Items - 1, Count(result.Text, NotTried));
    }

    [Theory]
    [InlineData("ignore_unreachable: true")]
    [InlineData("delegate_to: '{{ \"gone\" if item else \"\" }}'")]
    public async Task Where_the_next_item_may_do_better_it_is_tried(string attribute)
    {
        var (result, tried) = await RunAsync(attribute);

        Assert.Equal((Items, 0), (tried, Count(result.Text, NotTried)));
    }

    [Fact]
    public async Task A_host_that_dies_while_it_is_asked_for_its_Python_is_not_waited_for_again()
    {
        const string Answer = "[ $(wc -l <CALLS) -gt 1 ] || { printf 'PLATFORM\\nLinux\\nFOUND\\n/usr/bin/python3\\nENDFOUND\\n'; exit 0; }\n";

        var (result, tried) = await RunAsync("", "ansible.builtin.command", Answer);

        // The answer, the second question; not the module. Then four items.
        Assert.Equal((4, 2), (result.ExitCode, tried));
        Assert.Equal(Items - 1, Count(result.Text, NotTried));
    }

    /// <summary>Runs a loop on a host whose ssh notes each call and fails as it does when nobody answers.</summary>
    private async Task<(CommandResult Result, int Tried)> RunAsync(string attribute, string module = "ansible.builtin.raw", string before = "")
    {
        var (ssh, calls) = (_folder["ssh"], _folder["calls"]);
        await File.WriteAllTextAsync(
            ssh, $"#!/bin/sh\necho call >>{calls}\n{before.Replace("CALLS", calls, StringComparison.Ordinal)}echo 'ssh: connect to host gone port 22: Connection timed out' >&2\nexit 255\n", _token);
        File.SetUnixFileMode(ssh, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(
            _folder["play.yml"],
            $$$"""
            - hosts: gone
              gather_facts: false
              tasks:
                - name: Item by item
                  {{{module}}}: "true"
                  loop: {{{"[1, 2, 3, 4, 5]"}}}
                  {{{attribute}}}
            """,
            _token);
        var result = await new Command("ansible-playbook")
        {
            Arguments = ["-i", "gone,", "-c", "ssh", _folder["play.yml"]],
            Folder = _folder.Path,
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ANSIBLE_SSH_EXECUTABLE"] = ssh,
                ["ANSIBLE_SSH_RETRIES"] = "0",
                ["ANSIBLE_CALLBACK_PLUGINS"] = Checkout.PathOf("ansible", "callback_plugins"),
                ["ANSIBLE_CALLBACKS_ENABLED"] = "osism_patience",
                ["ANSIBLE_NOCOLOR"] = "1",
                ["LC_ALL"] = "C.UTF-8",
            },
        }.RunAsync(_token);
        return (result, File.Exists(calls) ? File.ReadAllLines(calls).Length : 0);
    }

    private static int Count(string text, string word) =>
        text.Split('\n').Count(line => line.StartsWith("failed: ", StringComparison.Ordinal) && line.Contains(word, StringComparison.Ordinal));
}
