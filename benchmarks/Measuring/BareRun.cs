using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Runs;
using Osism.Testing;

namespace Osism.Benchmarks.Measuring;

/// <summary>What <c>osism apply --explain</c> shows, run without the manager: the same program, folder, files and inventory under the run's user, without our callback plugins.</summary>
/// <param name="site">Whose runs.</param>
/// <param name="folder">Takes what the attempt's folder would hold.</param>
internal sealed class BareRun(Site site, TempFolder folder)
{
    private static readonly string[] Ours = ["ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_CALLBACKS_ENABLED", "OSISM_EVENTS", "OSISM_ATTEMPT"];

    private int _runs;

    /// <summary>With all our settings.</summary>
    public Task<Command> AsComposedAsync(string role, CancellationToken cancellationToken) =>
        MakeAsync(role, plan => plan.Env.Where(pair => !Ours.Contains(pair.Key, StringComparer.Ordinal)), cancellationToken);

    /// <summary>With another ansible.cfg and nothing of our settings; connections are new each time.</summary>
    /// <param name="role">The role.</param>
    /// <param name="configuration">Text of the ansible.cfg; what must be said on any machine (key, user, no questions) is added by variables.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Command> ConfiguredAsync(string role, string configuration, CancellationToken cancellationToken)
    {
        var file = folder[$"{Guid.NewGuid():n}.cfg"];
        await File.WriteAllTextAsync(file, configuration, cancellationToken);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var sockets = $"/tmp/osism-bench-{Environment.ProcessId}-{++_runs}";
        var command = await MakeAsync(
            role,
            plan => plan.Env.Where(pair => !pair.Key.StartsWith("ANSIBLE_", StringComparison.Ordinal) && !pair.Key.StartsWith("OSISM_", StringComparison.Ordinal)).Concat(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ANSIBLE_CONFIG"] = file,
                ["ANSIBLE_INVENTORY"] = plan.Env["ANSIBLE_INVENTORY"],
                ["ANSIBLE_PRIVATE_KEY_FILE"] = plan.Env["ANSIBLE_PRIVATE_KEY_FILE"],
                ["ANSIBLE_REMOTE_USER"] = "dragon",
                ["ANSIBLE_HOST_KEY_CHECKING"] = "False",
                ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = sockets,
            }),
            cancellationToken);
        return command;
    }

    private async Task<Command> MakeAsync(string role, Func<RunPlanInfo, IEnumerable<KeyValuePair<string, string>>> environment, CancellationToken cancellationToken)
    {
        var explained = await site.Cli.MustAsync(cancellationToken, "apply", "--explain", "--format", "json", role);
        var plan = JsonSerializer.Deserialize(explained.Stdout, OsismJson.Default.RunPlanInfo)!;
        var spool = Path.Combine(site.Daemon.Home, "spool", plan.Env["OSISM_ATTEMPT"]);
        List<string> argv = Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", "--reuid=dragon", "--regid=dragon", "--init-groups", "--"] : [];
        argv.AddRange(["/usr/bin/env", "-i", "-C", plan.Cwd]);
        argv.AddRange(environment(plan).Select(pair => $"{pair.Key}={Here(pair.Value)}"));
        argv.AddRange(plan.Argv.Select(Here));

        // What the attempt's folder would hold.
        var secrets = Directory.CreateDirectory(folder["secrets"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(secrets, "vault_password"), site.Pod.VaultPassword, cancellationToken);
        if (site.Lab is { } lab)
        {
            var key = Path.Combine(secrets, "id_rsa.operator");
            File.Copy(lab.PrivateKey, key, overwrite: true);
        }

        if (Environment.IsPrivilegedProcess)
        {
            await new Command("chown") { Arguments = ["-R", "dragon:", secrets] }.MustAsync(cancellationToken);
        }

        return new Command(argv[0]) { Arguments = argv[1..], Timeout = Bounds.Long };

        string Here(string text) => text.Replace(spool, folder.Path, StringComparison.Ordinal);
    }
}
