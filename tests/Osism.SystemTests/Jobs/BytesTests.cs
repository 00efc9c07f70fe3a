using System.Text;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;

namespace Osism.SystemTests.Jobs;

/// <summary>Output and arguments arrive as they are, whatever they hold.</summary>
[Collection(Collections.Site)]
public sealed class BytesTests(SiteFixture site)
{
    private const int LongLine = 5 * 1024 * 1024;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_that_are_no_text_and_a_line_of_5_MB_arrive_unchanged()
    {
        var run = site.Hold();
        byte[] written =
        [
            .. "begin\n"u8, .. Enumerable.Range(0, 256).Select(value => (byte)value), 0xC3, (byte)'\n', 0xED, 0xA0, 0x80, (byte)'\r', (byte)'\n',
            .. Enumerable.Range(0, LongLine).Select(place => (byte)('a' + (place % 26))), .. "\nend\n"u8,
        ];
        await File.WriteAllBytesAsync(Path.Combine(run.Folder, $"{run.Name}.bytes"), written, _token);

        var shown = await site.Cli.RunAsync(_token, ["apply", "bytes", "--format", "script", .. run.Arguments]);

        Assert.True(shown.ExitCode == 0, shown.Errors);
        Assert.True(shown.Stdout.AsSpan().IndexOf(written) >= 0, "the bytes stand in the output in one piece");
        Assert.Equal(await site.Daemon.OutputAsync(Guid.Parse(shown.Errors.Split('\n')[0]), _token), shown.Stdout);
    }

    [Fact]
    public async Task Arguments_arrive_as_single_elements_and_no_shell_ever_reads_them()
    {
        var run = site.Hold();
        var trap = Path.Combine(run.Folder, $"{run.Name}.trap");
        string[] odd =
        [
            "-e", $$"""{"a": "it's \"quoted\"", "b": "$(touch {{trap}}) `touch {{trap}}` ; touch {{trap}} | & > <"}""",
            "-e", "{\"c\": \"first line\",\n \"d\": \"zweite Zeile: äöü 漢字 🚀\"}",
            "-e", "{\"e\": \"back\\\\slash * ? ~ !\"}",
        ];
        var id = await site.Daemon.SubmitAsync(_token, ["hold", .. run.Arguments, .. odd]);
        await run.BeganAsync(_token);

        var elements = AttemptProcesses.Read(AttemptProcesses.Playbook(site.Daemon, id), "cmdline").TrimEnd('\0').Split('\0');
        run.Go();

        // The playbook comes last.
        Assert.Equal([.. run.Arguments, .. odd], elements[^(run.Arguments.Length + odd.Length + 1)..^1]);
        var job = await site.Daemon.EndAsync(id, _token);
        Assert.Equal(JobState.Succeeded, job.State);
        Assert.Equal([.. run.Arguments, .. odd], job.Arguments);
        Assert.False(File.Exists(trap));
    }

    [Fact]
    public async Task One_element_with_several_words_is_split_as_a_shell_would()
    {
        var run = site.Hold();
        var id = await site.Daemon.SubmitAsync(_token, ["hold", .. run.Arguments, "-e 'x=one two' --forks 3", "-v"]);
        await run.BeganAsync(_token);

        var elements = AttemptProcesses.Read(AttemptProcesses.Playbook(site.Daemon, id), "cmdline").TrimEnd('\0').Split('\0');
        run.Go();

        Assert.Equal(["-e", "x=one two", "--forks", "3", "-v"], elements[^6..^1]);
        Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(id, _token)).State);
    }

    [Fact]
    public async Task Names_of_any_script_are_stored_and_shown()
    {
        await site.Pod.PlayAsync("greets", "---\n- name: Grüße an 世界 🌍\n  hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug:\n        msg: \"{{ inventory_hostname }} sagt Grüß Gott\"\n", _token);

        var shown = await site.Cli.RunAsync(_token, "apply", "greets");

        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("Grüße an 世界 🌍", Encoding.UTF8.GetString(shown.Stdout), StringComparison.Ordinal);
    }
}
