using System.Buffers;
using System.Text.Json;
using Osism.Daemon.Configuration;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>The argument vector of ansible-playbook, and what the operator's part of it refers to.</summary>
internal static class RunArguments
{
    private static readonly SearchValues<char> Special = SearchValues.Create(" \t'\"\\{");

    /// <summary>Order of the original's run scripts: later extra variables win, the operator's come last.</summary>
    /// <param name="vaultPasswordFile">Null when no password is set.</param>
    public static List<string> Build(string program, string? vaultPasswordFile, RunRoute route, RunFiles files, bool dryRun)
    {
        List<string> argv = [program];
        if (vaultPasswordFile is not null)
            argv.AddRange(["--vault-password-file", vaultPasswordFile]);
        if (route.Runtime == RuntimeCatalog.Kolla)
            argv.AddRange(["-e", KeyValue("CONFIG_DIR", files.Folder)]);
        foreach (var file in files.ExtraVars)
            argv.AddRange(["-e", $"@{file}"]);
        if (route.Runtime == RuntimeCatalog.Ceph)
            argv.Add("--skip-tags=with_pkg");
        if (dryRun)
            argv.Add("--check");
        argv.AddRange(route.Arguments);
        argv.AddRange(files.Playbooks);
        return argv;
    }

    /// <summary>Whether the operator's arguments bring a vault password of their own.</summary>
    public static bool HasVaultPassword(IReadOnlyList<string> arguments) =>
        arguments.Any(argument => argument.StartsWith("--vault-", StringComparison.Ordinal));

    /// <summary>Extra-vars files among the operator's arguments that exist here, as real paths.</summary>
    public static IEnumerable<string> ExtraVarsFiles(IReadOnlyList<string> arguments, string folder, ConfigurationRepository repository)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var value = arguments[i] is "-e" or "--extra-vars" ? arguments.ElementAtOrDefault(i + 1)
                : arguments[i].StartsWith("-e@", StringComparison.Ordinal) ? arguments[i][2..]
                : arguments[i].StartsWith("--extra-vars=@", StringComparison.Ordinal) ? arguments[i]["--extra-vars=".Length..]
                : null;
            if (value is not ['@', .. var name] || name.Length == 0)
                continue;
            var path = name.StartsWith(ConfigurationRepository.ProductionPath + "/", StringComparison.Ordinal)
                ? repository.Root + name[ConfigurationRepository.ProductionPath.Length..]
                : Path.GetFullPath(name, folder);
            if (File.Exists(path))
                yield return path;
        }
    }

    // Ansible splits key=value at white space and takes quotes off; JSON is taken as it is.
    private static string KeyValue(string key, string value) =>
        value.AsSpan().ContainsAny(Special) ? $"{{\"{key}\": \"{JsonEncodedText.Encode(value)}\"}}" : $"{key}={value}";
}
