using System.Text;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>Variables that follow from the groups (<c>reference/configuration.md</c> 3.2, step 9), computed of those that are being published.</summary>
internal static class GeneratedVariables
{
    private const string Folder = "group_vars/all/";

    public static IEnumerable<LayerFile> Of(AnsibleInventory inventory, InventoryFile? cephConfiguration)
    {
        if (inventory.FindGroup("ceph-rgw") is { AllHosts: { Count: > 0 } gateways })
            yield return File("050-kolla-ceph-rgw-hosts.yml", "ceph_rgw_hosts", new PySequence([.. gateways.Select(Gateway)]), "group ceph-rgw");
        if (inventory.FindGroup("ceph-mon") is { AllHosts: { Count: > 0 } monitors })
            yield return File("050-infrastructure-cephclient-mons.yml", "cephclient_mons", new PySequence([.. monitors.Select(host => Address(host.Name, "monitor_address"))]), "group ceph-mon");
        if (FindFsid(cephConfiguration) is { } fsid)
            yield return File("050-ceph-cluster-fsid.yml", "ceph_cluster_fsid", fsid, "environments/ceph/configuration.yml");
    }

    private static PyValue Gateway(InventoryHost host) => PyMapping.Of(
    [
        new PyPair(new PyText("host"), new PyText(host.Name), 0),
        new PyPair(new PyText("ip"), Address(host.Name, "radosgw_address"), 0),
        new PyPair(new PyText("port"), new PyText("{{ ceph_rgw_default_port | default(8081) }}"), 0),
    ]);

    private static PyText Address(string host, string variable) =>
        new($"{{{{ hostvars['{host}']['{variable}'] | default(hostvars['{host}']['ansible_host']) }}}}");

    private static PyValue? FindFsid(InventoryFile? configuration)
    {
        if (configuration is null)
            return null;
        try
        {
            var text = EscapedUtf8.Decode(configuration.Content);
            var value = JsonValues.Read(text) ?? YamlValues.Read(text, (_, _) => { });
            return (value as PyMapping)?.Find(new PyText("fsid"));
        }
        catch (SourceException)
        {
            // A broken or encrypted one is no fault of the inventory: runs of ceph say so.
            return null;
        }
    }

    private static LayerFile File(string name, string variable, PyValue value, string from)
    {
        var json = new StringBuilder("{");
        CompactJson.Quote(json, variable);
        json.Append(':');
        CompactJson.Write(json, value);
        return new LayerFile(Layers.Generated, $"generated from {from}", new InventoryFile(Folder + name, executable: false, Encoding.UTF8.GetBytes(json.Append("}\n").ToString())));
    }
}
