using Osism.Daemon.Ansible;

namespace Osism.Tests.Ansible;

/// <summary>A host that vanishes is noticed.</summary>
public sealed class SshArgumentsTests
{
    private static readonly SshOptions Options = new();

    [Theory]
    [InlineData("", "-o ServerAliveInterval=5 -o ServerAliveCountMax=2")]
    [InlineData("-o ControlMaster=auto", "-o ControlMaster=auto -o ServerAliveInterval=5 -o ServerAliveCountMax=2")]
    [InlineData("-o serveraliveinterval=30", "-o serveraliveinterval=30 -o ServerAliveCountMax=2")]
    [InlineData("-oServerAliveInterval=30 -o \"ServerAliveCountMax 4\"", "-oServerAliveInterval=30 -o \"ServerAliveCountMax 4\"")]
    public void Only_what_is_missing_is_added(string arguments, string expected) => Assert.Equal(expected, SshArguments.WithKeepalive(arguments, Options));

    [Theory]
    // keepalive, timeout, retries -> seconds until a dead host is given up
    [InlineData("-o ServerAliveInterval=5 -o ServerAliveCountMax=2", 10, 3, 49)]
    [InlineData("-o ServerAliveInterval=5 -o ServerAliveCountMax=2", 10, 2, 36)]
    [InlineData("-o ServerAliveInterval=5", 10, 0, 20)]
    [InlineData("-o ServerAliveInterval=30 -o ServerAliveCountMax=2", 10, 3, 124)]
    [InlineData("-o ServerAliveInterval=5 -o ServerAliveCountMax=2", 60, 3, 199)]
    [InlineData("-o ServerAliveInterval=0", 10, 3, null)]
    [InlineData("", 10, 3, null)]
    public void The_time_until_a_dead_host_is_given_up_is_known(string arguments, int timeout, int retries, int? seconds) =>
        Assert.Equal(seconds, SshArguments.Bound(arguments, timeout, retries));

    [Fact]
    public void With_the_defaults_a_dead_host_ends_a_run_within_a_minute() =>
        Assert.InRange(SshArguments.Bound(SshArguments.Default(Options), 10, Options.Retries)!.Value, 1, 59);

    [Theory]
    [InlineData("[ssh_connection]\nretries = 10\n", "", true)]
    [InlineData("[defaults]\ntimeout = 23\n", "", true)]
    [InlineData("[defaults]\ntimeout = 22\n", "", false)]
    [InlineData("", "--timeout=30", true)]
    [InlineData("[ssh_connection]\nssh_args = -o ServerAliveInterval=0\n", "", true)]
    public async Task Longer_times_of_the_repository_win_and_are_warned_about(string config, string argument, bool warned)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/ansible.cfg", config);
        var run = await pod.ComposeAsync("ping", argument.Length == 0 ? [] : [argument]);
        Assert.Equal(warned, run.Plan.Warnings.Any(warning => warning.Code == "ssh.slow_timeout"));
        Assert.Equal(!config.Contains("retries", StringComparison.Ordinal), run.Plan.Env.ContainsKey("ANSIBLE_SSH_RETRIES"));
    }
}
