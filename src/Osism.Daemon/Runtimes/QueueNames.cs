namespace Osism.Daemon.Runtimes;

/// <summary>The queues of jobs: one for each runtime of the manager, and those of its services.</summary>
internal static class QueueNames
{
    public static readonly IReadOnlyList<string> All =
        [RuntimeCatalog.Osism, RuntimeCatalog.Kolla, RuntimeCatalog.Ceph, RuntimeCatalog.Kubernetes, "conductor", "netbox", "openstack", "reconciler"];
}
