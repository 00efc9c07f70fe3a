using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Status;
using Osism.Testing;

namespace Osism.SystemTests.Workers;

/// <summary>A machine of the installation: a node with its own network, file system and processes, and the <c>osismd</c> on it.</summary>
public sealed class RemoteNode(NodeLab lab, string name, string home)
{
    private const string Log = "/var/log/osismd.log";
    private static readonly TimeSpan Within = Bounds.Long;

    public string Name { get; } = name;

    /// <summary>Its <c>OSISM_HOME</c>; no other machine has a folder of this name.</summary>
    public string Home { get; } = home;

    /// <summary>Runs a command on the machine as root, past all networks.</summary>
    public Task<CommandResult> ExecAsync(CancellationToken cancellationToken, params string[] command) => lab.ExecAsync(Name, command, cancellationToken);

    /// <summary>Runs a line of sh on the machine as root, which must end with 0.</summary>
    /// <exception cref="InvalidOperationException">It did not; holds what it wrote.</exception>
    public async Task<string> MustAsync(string line, CancellationToken cancellationToken)
    {
        var result = await ExecAsync(cancellationToken, "/bin/sh", "-c", line);
        return result.ExitCode == 0 ? result.Text : throw new InvalidOperationException($"{Name}: {line} ended with {result.ExitCode}:\n{result.Text}{result.Errors}");
    }

    /// <summary>Writes a file of the machine that its owner alone may read.</summary>
    public Task WriteAsync(string path, string text, CancellationToken cancellationToken) =>
        MustAsync($"umask 077; printf %s {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))} | base64 -d > {path}", cancellationToken);

    /// <summary>Starts <c>osismd</c>; it goes on when the test ends a command.</summary>
    public Task StartAsync(string roles, CancellationToken cancellationToken, params string[] settings) => MustAsync(
        $"setsid -f env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin OSISM_HOME={Home} OSISM_LISTEN=none {string.Join(' ', settings)} "
        + $"{Checkout.Daemon} --roles {roles} >>{Log} 2>&1 </dev/null",
        cancellationToken);

    public Task<CommandResult> OsismAsync(CancellationToken cancellationToken, params string[] words) =>
        ExecAsync(cancellationToken, ["env", $"OSISM_HOME={Home}", Checkout.Cli, .. words]);

    /// <summary>One command of <c>osism</c>, which must end with 0.</summary>
    public async Task<string> MustOsismAsync(CancellationToken cancellationToken, params string[] words)
    {
        var result = await OsismAsync(cancellationToken, words);
        return result.ExitCode == 0
            ? result.Text
            : throw new InvalidOperationException($"{Name}: osism {string.Join(' ', words)} ended with {result.ExitCode}:\n{result.Text}{result.Errors}\n{await LogAsync(cancellationToken)}");
    }

    public async Task<Guid> SubmitAsync(CancellationToken cancellationToken, params string[] words) =>
        Guid.Parse((await MustOsismAsync(cancellationToken, ["apply", "--no-wait", "--format", "script", .. words])).Trim());

    public async Task<JobInfo> JobAsync(Guid id, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await MustOsismAsync(cancellationToken, "task", "show", $"{id}", "--format", "json"), OsismJson.Default.JobInfo)!;

    public async Task<List<WorkerInfo>> WorkersAsync(CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await MustOsismAsync(cancellationToken, "worker", "list", "--format", "json"), OsismJson.Default.ListWorkerInfo)!;

    /// <summary>Waits until the job is in a state, as this manager shows it.</summary>
    public async Task<JobInfo> AwaitAsync(Guid id, JobState state, CancellationToken cancellationToken)
    {
        JobInfo? last = null;
        try
        {
            return await Eventually.SomeAsync(
                $"{Name} shows {id} as {state}", async token => (last = await JobAsync(id, token)).State == state ? last : null, Within, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; it is {last?.State} {last?.Reason}\n{await LogAsync(cancellationToken)}", e);
        }
    }

    /// <summary>Waits until a line of sh ends with 0 there.</summary>
    public Task AwaitAsync(string what, string line, CancellationToken cancellationToken) =>
        Eventually.TrueAsync($"{Name}: {what}", async token => (await ExecAsync(token, "/bin/sh", "-c", line)).ExitCode == 0, Within, cancellationToken);

    /// <summary>SIGKILL to its osismd; runs go on.</summary>
    public Task KillDaemonAsync(CancellationToken cancellationToken) => MustAsync("pkill -KILL -x osismd", cancellationToken);

    public async Task<string> LogAsync(CancellationToken cancellationToken) => $"{Name}:\n{(await ExecAsync(cancellationToken, "tail", "-n", "40", Log)).Text}";
}
