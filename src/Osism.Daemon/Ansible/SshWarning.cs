using System.Globalization;
using Osism.Contracts.Jobs;

namespace Osism.Daemon.Ansible;

/// <summary>Says when settings of the repository let a run wait long for a dead host.</summary>
internal static class SshWarning
{
    public const string Code = "ssh.slow_timeout";

    /// <summary>Seconds after which a dead host should have ended its part of a run.</summary>
    private const int Limit = 60;

    public static ReasonInfo? Find(MergedConfig config, IReadOnlyDictionary<string, string> env, IReadOnlyList<string> arguments, SshOptions options)
    {
        var sshArguments = env.GetValueOrDefault("ANSIBLE_SSH_ARGS") ?? config.Find("ssh_connection", "ssh_args") ?? SshArguments.Default(options);
        var timeout = Number(ArgumentValue(arguments, "-T", "--timeout"))
            ?? Number(env.GetValueOrDefault("ANSIBLE_SSH_TIMEOUT")) ?? Number(env.GetValueOrDefault("ANSIBLE_TIMEOUT"))
            ?? Number(config.Find("ssh_connection", "timeout")) ?? Number(config.Find("defaults", "timeout")) ?? (int)options.ConnectTimeout.TotalSeconds;
        var retries = Number(env.GetValueOrDefault("ANSIBLE_SSH_RETRIES"))
            ?? Number(config.Find("ssh_connection", "retries")) ?? Number(config.Find("connection", "retries")) ?? options.Retries;
        return SshArguments.Bound(sshArguments, timeout, retries) switch
        {
            null => new ReasonInfo(Code, "ssh_args of ansible.cfg turn the keepalive off: a host that dies can hold a run for 15 minutes and more"),
            > Limit and var seconds => new ReasonInfo(
                Code, $"with the repository's SSH settings a host that dies holds a run for up to {seconds} s (timeout {timeout} s, {retries} retries, ssh_args '{sshArguments}')"),
            _ => null,
        };
    }

    private static string? ArgumentValue(IReadOnlyList<string> arguments, string shortName, string longName)
    {
        string? value = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            if ((arguments[i] == shortName || arguments[i] == longName) && i + 1 < arguments.Count)
                value = arguments[i + 1];
            else if (arguments[i].StartsWith(longName + "=", StringComparison.Ordinal))
                value = arguments[i][(longName.Length + 1)..];
        }

        return value;
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
