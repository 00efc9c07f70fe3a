using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts.Runs;

namespace Osism.Cli.Jobs;

/// <summary>Reads what <c>--explain</c> shows; see <see cref="JsonFields"/>.</summary>
internal static class RunPlanJson
{
    /// <exception cref="JsonException">A field that every plan has is missing.</exception>
    public static RunPlanInfo Read(JsonElement json) => new()
    {
        Runtime = json.Text("runtime"),
        Environment = json.Text("environment"),
        Playbook = json.Text("playbook"),
        Cwd = json.Text("cwd"),
        Argv = json.Texts("argv"),
        Env = ReadEnvironment(json.GetProperty("env")),
        ExtraVarsFiles = json.Texts("extra_vars_files"),
        AnsibleCfg = json.Texts("ansible_cfg"),
        Inventory = ReadInventory(json.GetProperty("inventory")),
        Vault = ReadVault(json.GetProperty("vault")),
        Locks = json.List("locks", ReadLock),
        Queue = json.Text("queue"),
        Snapshot = json.LongOrNull("snapshot"),
        Warnings = json.List("warnings", JobJson.ReadReason),
    };

    private static Dictionary<string, string> ReadEnvironment(JsonElement json)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in json.EnumerateObject())
            environment[variable.Name] = variable.Value.GetString() ?? "";
        return environment;
    }

    private static RunInventoryInfo ReadInventory(JsonElement json) => new(json.Long("revision"), json.Text("path"));

    private static RunVaultInfo ReadVault(JsonElement json) => new(json.Flag("needed"), json.Text("source"), json.Texts("files"));

    private static RunLockInfo ReadLock(JsonElement json) => new(json.Text("key"), json.Text("path"), json.Flag("held"))
    {
        Holder = json.TextOrNull("holder"),
        Reason = json.TextOrNull("reason"),
    };
}
