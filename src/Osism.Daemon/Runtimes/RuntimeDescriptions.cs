using Osism.Contracts.Runs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>Says of each runtime how it is.</summary>
internal sealed class RuntimeDescriptions(RuntimeCatalog runtimes, AnsibleVersions versions, RoleTable roles)
{
    public async Task<IReadOnlyList<RuntimeInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var counts = roles.Current().List().CountBy(role => role.Runtime, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var said = new RuntimeVersions(runtimes.InterfaceFolder);
        var infos = new List<RuntimeInfo>();
        foreach (var runtime in runtimes.Names.Select(runtimes.Get))
        {
            var version = await versions.OfAsync(runtime, cancellationToken);
            var (state, detail) = StateOf(runtime, version, counts.GetValueOrDefault(runtime.Name));
            infos.Add(new RuntimeInfo(runtime.Name, runtime.Kind.ToString().ToLowerInvariant(), runtime.Image?.Reference ?? runtime.Folder, state)
            {
                Detail = detail,
                Ansible = version,
                Version = said.Of(runtime.Name) is not "unknown" and var own ? own : runtime.Name == RuntimeCatalog.Osism && runtime.Folder == ShippedFolder.Find(runtime.Name) ? ProgramVersion.Current : null,
                Release = runtime.Name switch
                {
                    RuntimeCatalog.Kolla => said.ValueOf(runtime.Name, "openstack_version"),
                    RuntimeCatalog.Ceph => said.ValueOf(runtime.Name, "ceph_version"),
                    _ => null,
                },
                Roles = counts.GetValueOrDefault(runtime.Name),
                Environments = runtime.OwnEnvironments,
                Queue = runtime.Queue,
            });
        }

        return infos;
    }

    private static (string State, string? Detail) StateOf(Runtime runtime, string? version, int roles) => runtime switch
    {
        { Image.State: RuntimeImageState.Broken } => ("broken", runtime.Image.Fault),
        { Image.State: RuntimeImageState.Unknown or RuntimeImageState.Pulling } => ("pulling", null),
        { IsInstalled: false } => ("missing", $"there is no folder {runtime.Folder}; install it or set runtimes.{runtime.Name}.path"),
        { AnsiblePlaybook: null } => ("broken", $"no ansible-playbook was found; install Ansible or set runtimes.{runtime.Name}.ansible_playbook"),
        _ when version is null => ("broken", $"{runtime.AnsiblePlaybook} does not tell its version: it is no ansible-playbook, or does not start"),
        { Ansible: { } wanted } when VersionRange.Parse(wanted) is { } range && !range.Allows(version) => ("broken", $"it works with ansible-core {wanted}"),
        // Plays of custom are the operator's own; there may be none.
        _ when roles == 0 && runtime.Name != RuntimeCatalog.Custom => ("broken", $"{(runtime.Image is null ? "the folder" : runtime.Folder)} holds no playbook of the names that are looked for"),
        _ => ("ready", null),
    };
}
