using System.Globalization;
using System.Text;

namespace Osism.Tests.Inventory.Differential;

/// <summary>An inventory of the shape a pod has: few groups of hosts, hundreds of groups above them, most variables in <c>group_vars/all</c>.</summary>
internal static class SampleSite
{
    private static readonly string[] Bases = ["generic", "control", "compute", "network", "monitoring", "manager", "ceph-control", "ceph-resource"];

    public static Dictionary<string, string> Files(int hosts, int groups, int variables)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var roles = new StringBuilder("[generic]\n");
        for (var i = 0; i < hosts; i++)
            roles.Append(CultureInfo.InvariantCulture, $"node-{i}\n");
        for (var i = 1; i < Bases.Length; i++)
        {
            roles.Append(CultureInfo.InvariantCulture, $"[{Bases[i]}]\n");
            for (var host = i; host < hosts; host += i)
                roles.Append(CultureInfo.InvariantCulture, $"node-{host}\n");
        }

        files["20-roles"] = roles.ToString();
        var tree = new StringBuilder();
        for (var i = Bases.Length; i < groups; i++)
            tree.Append(CultureInfo.InvariantCulture, $"[service-{i}:children]\n{(i % 3 == 0 && i > 20 ? $"service-{i - 7}" : Bases[i % Bases.Length])}\n");
        files["50-kolla"] = tree.ToString();
        for (var file = 0; file < 15; file++)
        {
            var text = new StringBuilder("---\n");
            for (var i = file; i < variables; i += 15)
            {
                text.Append(CultureInfo.InvariantCulture, $"variable_{i}: ").Append((i % 6) switch
                {
                    0 => "\"{{ docker_registry }}/image:{{ version }}\"",
                    1 => $"{i}",
                    2 => "yes",
                    3 => $"[a, b, {i}]",
                    4 => $"{{key: value, port: {i}}}",
                    _ => "plain text",
                }).Append('\n');
            }

            files[$"group_vars/all/{file:000}-defaults.yml"] = text.ToString();
        }

        foreach (var group in Bases)
            files[$"group_vars/{group}.yml"] = $"variable_7: {group}\n{group.Replace('-', '_')}_only: 1\n";
        for (var i = 0; i < hosts; i++)
            files[$"host_vars/node-{i}.yml"] = string.Create(CultureInfo.InvariantCulture, $"ansible_host: 10.{i / 65536}.{i / 256 % 256}.{i % 256}\nvariable_1: host\ninternal_address: 10.0.0.{i % 256}\n");
        return files;
    }
}
