using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Cli.Jobs;

namespace Osism.Tests.Cli;

/// <summary>Which words of <c>osism apply</c> are ours and which go to Ansible.</summary>
public sealed class ApplyArgumentsTests
{
    [Theory]
    // After ROLE short options go to Ansible ...
    [InlineData("nova -e x=1", "nova", "-e|x=1")]
    [InlineData("nova -l compute01 -v", "nova", "-l|compute01|-v")]
    [InlineData("nova -a stop -r 3 -q -h", "nova", "-a|stop|-r|3|-q|-h")]
    [InlineData("-e kolla nova -e kolla_action=stop", "nova", "-e|kolla_action=stop")]
    // ... and so do long ones that are not ours, with what follows them.
    [InlineData("nova --limit compute01 --check --diff", "nova", "--limit|compute01|--check|--diff")]
    [InlineData("nova --limit=compute01", "nova", "--limit=compute01")]
    [InlineData("nova --no-waits --dry", "nova", "--no-waits|--dry")]
    // Our long ones are taken wherever they stand between the others.
    [InlineData("nova -l a --no-wait -e b", "nova", "-l|a|-e|b")]
    [InlineData("nova --format script -l a", "nova", "-l|a")]
    [InlineData("nova --environment kolla -l a --action=stop", "nova", "-l|a")]
    // -- ends ours; it does not go to Ansible itself.
    [InlineData("nova -- --no-wait --format script", "nova", "--no-wait|--format|script")]
    [InlineData("nova -l a -- --timeout 3 -- b", "nova", "-l|a|--timeout|3|--|b")]
    [InlineData("-- nova --no-wait", "nova", "--no-wait")]
    [InlineData("-- -odd", "-odd", "")]
    // A flag has no value; with one it is not ours.
    [InlineData("nova --no-wait=1", "nova", "--no-wait=1")]
    [InlineData("nova a b", "nova", "a|b")]
    [InlineData("nova - -", "nova", "-|-")]
    public void Words_behind_the_role_are_split_between_us_and_Ansible(string line, string role, string arguments)
    {
        var parsed = Parse(line.Split(' '));

        Assert.Equal(role, parsed.Role);
        Assert.Equal(arguments.Length == 0 ? [] : arguments.Split('|'), parsed.Arguments);
    }

    [Fact]
    public void An_element_goes_to_Ansible_byte_by_byte_whatever_it_holds()
    {
        string[] hard = ["-l host --no-wait", "--no-wait ", "$(reboot)", "a'b\"c", "line\nbreak", "", " ", "é\t", "--limit=a b"];

        Assert.Equal(hard, Parse(["nova", .. hard]).Arguments);
    }

    [Theory]
    [InlineData("-e kolla nova")]
    [InlineData("-ekolla nova")]
    [InlineData("-e=kolla nova")]
    [InlineData("--environment kolla nova")]
    [InlineData("--environment=kolla nova")]
    [InlineData("nova --environment kolla")]
    [InlineData("nova --environment=kolla")]
    public void The_environment_can_be_given_in_every_form(string line)
    {
        var parsed = Parse(line.Split(' '));

        Assert.Equal("kolla", parsed.Environment);
        Assert.Equal("nova", parsed.Role);
        Assert.Empty(parsed.Arguments);
    }

    [Fact]
    public void Every_option_reaches_the_submission()
    {
        var parsed = Parse(
            "-e kolla --overwrite custom --sub east -a stop -r 2 --timeout 7 --task-timeout 9 --no-wait --dry-run nova -l a".Split(' '));
        var job = Assert.Single(parsed.ToJobs(parsed.Retry!.Value));

        Assert.Equal(("kolla", "custom", "east", "stop", 2, 9, true), (job.Environment, job.Overwrite, job.Sub, job.Action, job.Retry, job.TaskTimeout, job.DryRun));
        Assert.Equal(["-l", "a"], job.Arguments);
        Assert.Equal((7, true), (parsed.Timeout, parsed.NoWait));
    }

    [Fact]
    public void A_chain_is_one_job_each_with_the_same_arguments()
    {
        var jobs = Parse(["-e", "generic", "a//b//c", "-l", "x"]).ToJobs(1);

        Assert.Equal(["a", "b", "c"], jobs.Select(job => job.Role));
        Assert.All(jobs, job => Assert.Equal(["-l", "x"], job.Arguments));
        Assert.All(jobs, job => Assert.Equal(("generic", 1), (job.Environment, job.Retry)));
    }

    [Theory]
    [InlineData("--format nova", "log", "nova")]
    [InlineData("--format script nova", "script", "nova")]
    [InlineData("--format=script nova", "script", "nova")]
    [InlineData("--explain --format json nova", "json", "nova")]
    [InlineData("--format", "log", null)]
    [InlineData("nova --format", "log", "nova")]
    [InlineData("nova", null, "nova")]
    public void The_format_may_stand_without_a_value(string line, string? format, string? role)
    {
        var parsed = Parse(line.Split(' '));

        Assert.Equal((format, role), (parsed.Format, parsed.Role));
    }

    [Theory]
    [InlineData("-l host nova", "comes after ROLE")]
    [InlineData("--limit host nova", "comes after ROLE")]
    [InlineData("-e", "-e needs a value")]
    [InlineData("-e --no-wait nova", "-e needs a value")]
    [InlineData("nova --environment", "--environment needs a value")]
    [InlineData("-r x nova", "--retry|-r is 'x'")]
    [InlineData("--timeout -1 nova", "--timeout needs a value")]
    [InlineData("--timeout=-1 nova", "--timeout is '-1'")]
    [InlineData("--task-timeout 0 nova", "whole number from 1")]
    [InlineData("-a dance nova", "must be one of bootstrap, config")]
    [InlineData("--format=xml nova", "--format is 'xml'")]
    [InlineData("a//", "no role and no chain")]
    [InlineData("a////b", "no role and no chain")]
    [InlineData("//", "no role and no chain")]
    public void What_cannot_be_meant_is_refused_in_one_line(string line, string message)
    {
        var refused = Assert.Throws<ProblemException>(() => Parse(line.Split(' ')));

        Assert.Equal("request.invalid", refused.Problem.Code);
        Assert.Contains(message.Split('|')[^1], refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--debug -v nova", true)]
    [InlineData("nova --debug --verbose", true)]
    [InlineData("nova -- --debug --verbose", false)]
    public void Options_of_every_command_are_taken_too(string line, bool taken)
    {
        var global = new GlobalOptions();
        var parsed = ApplyArguments.Parse(line.Split(' '), global);

        Assert.Equal((taken, taken), (global.Debug, global.Verbose));
        Assert.Equal(taken ? 0 : 2, parsed.Arguments.Count);
    }

    private static ApplyArguments Parse(string[] elements) => ApplyArguments.Parse(elements, new GlobalOptions());
}
