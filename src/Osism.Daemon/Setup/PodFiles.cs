using System.Text;

namespace Osism.Daemon.Setup;

/// <summary>The files of a new pod that hold no secret, by their paths below its repository.</summary>
internal static class PodFiles
{
    private const string Dummy = """
        ---
        # Nothing of its own yet. Ansible refuses an empty file of variables.
        dummy: true

        """;

    /// <summary>The folders below <c>environments/</c>.</summary>
    public static IEnumerable<string> Environments(PodPlan plan) =>
        ((string[])["generic", "infrastructure", "manager", "monitoring", "openstack", "kolla", "ceph", "kubernetes", "custom"])
        .Where(name => name switch { "ceph" => plan.Ceph, "kubernetes" => plan.Kubernetes, _ => true });

    /// <param name="fsid">Identity of the Ceph cluster.</param>
    /// <param name="operatorKey">The operator's public key.</param>
    public static Dictionary<string, string> Of(PodPlan plan, string fsid, string operatorKey)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [".gitignore"] = "/secrets/\n/environments/.vault_pass\n",
            ["README.md"] = Readme(plan),
            ["environments/ansible.cfg"] = Config(plan),
            ["environments/configuration.yml"] = Global(plan, fsid, operatorKey),
            ["environments/images.yml"] = Dummy,
            ["inventory/10-custom"] = "# Groups of this pod that no play of the manager knows.\n",
            ["inventory/20-roles"] = Roles(plan),
            ["inventory/99-overwrite"] = "# A group that stands here replaces the one of the same name in the files before.\n",
            ["inventory/group_vars/generic.yml"] = $"---\ninternal_interface: {plan.Interface}\n",
        };
        foreach (var node in plan.Nodes)
            files[$"inventory/host_vars/{node.Name}.yml"] = $"---\nansible_host: {Quote(node.Address)}\ninternal_address: {Quote(node.Address)}\n";
        foreach (var environment in Environments(plan))
        {
            foreach (var name in (string[])["configuration.yml", "images.yml"])
                files[$"environments/{environment}/{name}"] = Dummy;
        }

        files["environments/kolla/configuration.yml"] = Kolla(plan);
        if (plan.Ceph)
            files["environments/ceph/configuration.yml"] = $"---\nfsid: {fsid}\npublic_network: {Quote(plan.Network)}\ncluster_network: {Quote(plan.Network)}\n";
        files["environments/manager/configuration.yml"] = "---\n# The release of OSISM: 'osism release set' writes it, and what follows from it.\n";
        files["environments/manager/images.yml"] = "---\n# Tags of the release; 'osism release set' writes them.\n";
        foreach (var (path, text) in ReleaseSetting.Changes(plan.Release, files.GetValueOrDefault))
            files[path] = text;
        if (plan.Release.Images.Count == 0)
            files["environments/manager/images.yml"] = Dummy;
        return files;
    }

    private static string Global(PodPlan plan, string fsid, string operatorKey) => $"""
        ---
        # Variables for every environment. The environment's own files and -e on the command line come later and win.
        domain: {Quote(plan.Domain)}
        timezone_name: {plan.TimeZone}

        operator_user: {plan.OperatorUser}
        operator_public_key: {Quote(operatorKey)}
        operator_authorized_keys:
          - {Quote(operatorKey)}
        {(plan.Release.Docker is { } docker ? $"\ndocker_version: '{docker}'\n" : "")}
        resolvconf_nameserver:
        {List(plan.NameServers)}
        resolvconf_search: {Quote(plan.Domain)}

        chrony_servers:
        {List(plan.TimeServers)}

        # Names that are no node's: written to /etc/hosts by 'osism apply hosts'.
        hosts_additional_entries:
          {Quote(Internal(plan))}: {Quote(plan.InternalAddress)}
          {Quote(External(plan))}: {Quote(plan.ExternalAddress)}
        {(plan.Ceph ? $"\nceph_cluster_fsid: {fsid}\n" : "")}
        """;

    private static string Kolla(PodPlan plan) => $"""
        ---
        kolla_internal_fqdn: {Quote(Internal(plan))}
        kolla_external_fqdn: {Quote(External(plan))}
        kolla_internal_vip_address: {Quote(plan.InternalAddress)}
        kolla_external_vip_address: {Quote(plan.ExternalAddress)}

        neutron_plugin_agent: ovn
        {(plan.Ceph ? "\ncinder_backend_ceph: 'yes'\nglance_backend_ceph: 'yes'\nnova_backend_ceph: 'yes'\n" : "")}
        """.TrimEnd('\n') + "\n";

    private static string Config(PodPlan plan) => $"""
        [defaults]
        forks = 16
        remote_user = {plan.OperatorUser}
        interpreter_python = auto_silent
        gathering = smart
        # Names such as ceph-control are what the plays expect.
        force_valid_group_names = ignore

        [ssh_connection]
        pipelining = True

        """;

    private static string Roles(PodPlan plan)
    {
        var text = new StringBuilder("# Which node has which part. Every node is in generic.\n");
        foreach (var group in PodPlan.BaseGroups)
        {
            text.Append($"\n[{group}]\n");
            foreach (var node in plan.Nodes.Where(node => group == "generic" || node.Groups.Contains(group, StringComparer.Ordinal)))
                text.Append(node.Name).Append('\n');
        }

        if (plan.Ceph)
            text.Append("\n[ceph-rgw:children]\nceph-control\n");
        return text.ToString();
    }

    private static string Readme(PodPlan plan) => $"""
        # The pod {plan.Domain}

        What the OSISM manager needs to know of this pod, made by `osism init`.

        | path | what it is |
        |---|---|
        | `environments/` | variables for every environment, and a folder for each; `secrets.yml` is encrypted |
        | `environments/custom/playbook-ROLE.yml` | plays of this pod: `osism apply ROLE` |
        | `inventory/` | which node has which part, and variables of groups and nodes |
        | `secrets/` | the operator's key and the vault password. Never committed: keep a copy elsewhere |

        `osism vault view environments/secrets.yml` shows secrets, `osism configuration check` looks for mistakes, `osism release show` names the versions.

        """;

    private static string Internal(PodPlan plan) => $"api-int.{plan.Domain}";

    private static string External(PodPlan plan) => $"api.{plan.Domain}";

    private static string List(IEnumerable<string> items) => string.Join('\n', items.Select(item => $"  - {Quote(item)}"));

    // What has a colon or a hash, or looks like a number, must not be read as something else.
    private static string Quote(string value) => value.All(letter => char.IsAsciiLetter(letter) || letter is '.' or '-') ? value : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
