using System.Globalization;
using System.Text;

namespace Osism.Testing;

/// <summary>The inventory of a site of any size, with the sizes of the testbed: 293 groups and 1,545 variables a host. The same number of hosts gives the same bytes.</summary>
/// <remarks>Source of the sizes: a testbed's rendered inventory has 293 groups, 1,532 names of defaults and some 120 KB of variables a host.</remarks>
public static class LargePod
{
    /// <summary>Groups besides <c>all</c> and <c>ungrouped</c>.</summary>
    public const int Groups = BaseGroups + Racks + ShippedGroups;

    /// <summary>Variables of each host.</summary>
    public const int Variables = Defaults + HostVariables;

    private const int BaseGroups = 8;
    private const int Racks = 14;
    private const int ShippedGroups = 271;
    private const int Defaults = 1532;
    private const int HostVariables = 13;
    private const int Controllers = 3;

    private static readonly string[] Bases = ["generic", "manager", "monitoring", "control", "compute", "network", "ceph-control", "ceph-resource"];

    // Names and numbers of variables of the files of defaults.
    private static readonly (string File, int Count)[] Files =
        [("001-kolla-defaults", 810), ("002-images", 392), ("003-kolla-overlays", 4), ("099-ceph", 71), ("099-generic", 45), ("099-infrastructure", 68), ("099-k3s", 42), ("099-kolla", 100)];

    /// <summary>Name of a host, counted from 0.</summary>
    public static string HostName(int number) => string.Create(CultureInfo.InvariantCulture, $"node-{number:d4}");

    /// <summary>Everything in one folder, as a run gets it.</summary>
    public static void Write(string inventory, int hosts)
    {
        WriteShipped(inventory);
        WriteRepository(inventory, hosts);
    }

    /// <summary>What an operator's repository has: roles, racks and a file for each host.</summary>
    public static void WriteRepository(string inventory, int hosts)
    {
        Directory.CreateDirectory(Path.Combine(inventory, "host_vars"));
        var roles = new StringBuilder();
        Section("generic", 0, hosts);
        Section("manager", 0, 1);
        Section("monitoring", 0, 1);
        Section("control", 0, Math.Min(Controllers, hosts));
        Section("network", 0, Math.Min(Controllers, hosts));
        Section("compute", Math.Min(Controllers, hosts - 1), hosts * 4 / 5);
        Section("ceph-resource", hosts * 4 / 5, hosts);
        roles.Append("[ceph-control:children]\ncontrol\n");
        File.WriteAllText(Path.Combine(inventory, "20-roles"), roles.ToString());

        var racks = new StringBuilder();
        for (var rack = 0; rack < Racks; rack++)
        {
            racks.Append(CultureInfo.InvariantCulture, $"[rack-{rack:d2}]\n");
            for (var host = rack; host < hosts; host += Racks)
                racks.Append(HostName(host)).Append('\n');
        }

        File.WriteAllText(Path.Combine(inventory, "10-custom"), racks.ToString());
        for (var host = 0; host < hosts; host++)
            File.WriteAllText(HostFile(inventory, host), HostText(host));

        void Section(string name, int first, int end)
        {
            roles.Append('[').Append(name).Append("]\n");
            for (var host = first; host < Math.Max(end, first + 1); host++)
                roles.Append(HostName(host)).Append('\n');
            roles.Append('\n');
        }
    }

    /// <summary>What a manager adds: groups that stand for services, and the defaults of their variables.</summary>
    public static void WriteShipped(string inventory)
    {
        var folder = Path.Combine(inventory, "group_vars", "all");
        Directory.CreateDirectory(folder);
        var groups = new StringBuilder();
        for (var group = 0; group < ShippedGroups; group++)
        {
            // Every third hangs below another service, as haproxy below loadbalancer.
            var parent = group % 3 == 2 ? string.Create(CultureInfo.InvariantCulture, $"service-{group - 1:d3}") : Bases[group % Bases.Length];
            groups.Append(CultureInfo.InvariantCulture, $"[service-{group:d3}:children]\n{parent}\n\n");
        }

        File.WriteAllText(Path.Combine(inventory, "50-services"), groups.ToString());
        foreach (var (file, count) in Files)
        {
            var text = new StringBuilder("---\n");
            for (var number = 0; number < count; number++)
                text.Append(DefaultText(file[4..].Replace('-', '_'), number));
            File.WriteAllText(Path.Combine(folder, $"{file}.yml"), text.ToString());
        }
    }

    /// <summary>The file of a host's variables.</summary>
    public static string HostFile(string inventory, int host) => Path.Combine(inventory, "host_vars", $"{HostName(host)}.yml");

    /// <summary>The variables of a host, as YAML.</summary>
    public static string HostText(int host)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"10.{host >> 16}.{(host >> 8) & 255}.{host & 255}");
        return $"""
            ---
            ansible_host: {address}
            internal_interface: vxlan0
            internal_address: {address}
            monitor_address: "{address}"
            radosgw_address: {address}
            netdata_host_type: client
            network_interface: bond0
            network_type: netplan
            k3s_interface: vxlan0
            host_number: {host}
            ceph_osd_devices:
              sdb: "{host}:1"
              sdc: "{host}:2"
            network_ethernets:
              eth0:
                addresses:
                  - "{address}/20"
                mtu: 9100
                nameservers:
                  addresses: [192.0.2.53, 192.0.2.54]
            frr_parameters:
              loopback_v4: {address}
              local_as: {4200000000 + host}

            """;
    }

    private static string DefaultText(string topic, int number) => (number % 10) switch
    {
        0 or 1 or 2 => string.Create(CultureInfo.InvariantCulture, $"{topic}_{number:d3}_enabled: {(number % 2 == 0 ? "true" : "false")}\n"),
        3 => string.Create(CultureInfo.InvariantCulture, $"{topic}_{number:d3}_port: {8000 + number}\n"),
        4 => string.Create(CultureInfo.InvariantCulture, $"{topic}_{number:d3}_hosts:\n  - \"{{{{ groups['control'][0] }}}}\"\n  - \"{{{{ groups['control'][1] }}}}\"\n"),
        5 => string.Create(CultureInfo.InvariantCulture, $"{topic}_{number:d3}_options:\n  level: {number}\n  path: /etc/{topic}/{number}.conf\n  owner: root\n  mode: \"0640\"\n"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{topic}_{number:d3}_image: \"{{{{ {topic}_registry | default(docker_registry) }}}}/{topic}/service-{number}:{{{{ {topic}_tag }}}}\"\n"),
    };
}
