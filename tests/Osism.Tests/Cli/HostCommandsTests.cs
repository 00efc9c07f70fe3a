using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Cli.Remote;

namespace Osism.Tests.Cli;

/// <summary>Whose the words of <c>osism container|compose|log container</c> are depends on where they stand.</summary>
public sealed class HostCommandsTests
{
    [Theory]
    [InlineData("container", "node-0 ps -q -h --help -v", "", "node-0 ps -q -h --help -v")]
    [InlineData("container", "-l web --max-hosts=5 all ps --limit 3", "--limit=web --max-hosts=5", "all ps --limit 3")]
    [InlineData("docker", "--limit=web all -- ps", "--limit=web", "all -- ps")]
    [InlineData("container", "-- node-0 -x", "", "node-0 -x")]
    [InlineData("compose", "node-0 manager up -d", "", "node-0 manager up -d")]
    [InlineData("log container", "-v node-0 nova_api --tail 5", "", "node-0 nova_api --tail 5")]
    public void Behind_the_host_nothing_is_ours(string name, string line, string options, string words)
    {
        var (given, rest) = HostCommands.Parse(CommandTable.Find(name)!, line.Split(' '), new GlobalOptions());

        Assert.Equal((options, words), (string.Join(' ', given), string.Join(' ', rest)));
    }

    [Theory]
    [InlineData("container", "")]
    [InlineData("container", "-x node-0 ps")]
    [InlineData("container", "--limit")]
    [InlineData("container", "--max-hosts 0 node-0 ps")]
    [InlineData("container", "-l web node-0")]
    [InlineData("container", "-- -oProxyCommand=reboot ps")]
    [InlineData("compose", "node-0")]
    [InlineData("log container", "node-0")]
    public void A_line_that_says_too_little_or_nonsense_is_refused(string name, string line)
    {
        var error = Assert.Throws<ProblemException>(() => HostCommands.Parse(CommandTable.Find(name)!, line.Split(' ', StringSplitOptions.RemoveEmptyEntries), new GlobalOptions()));

        Assert.Equal("request.invalid", error.Problem.Code);
    }

    [Fact]
    public void The_prompt_of_ara_answers_line_by_line_until_somebody_leaves()
    {
        using var run = new CliRun { Screen = CliRun.Watched, Input = new MemoryStream("nonsense\n\nhelp\nexit\nplaybook list\n"u8.ToArray()) };

        Assert.Equal(0, run.Run("log", "ansible"));

        Assert.Equal(4, run.Error.Split("(ara) ").Length - 1);
        Assert.Contains("error: request.invalid: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("playbook", run.Output, StringComparison.Ordinal);
        // What comes behind 'exit' was not asked any more.
        Assert.DoesNotContain("manager.away", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_terminal_it_says_what_it_wants()
    {
        using var run = new CliRun();

        Assert.Equal(2, run.Run("log", "ansible"));
        Assert.Contains("playbook list", run.Error, StringComparison.Ordinal);
    }
}
