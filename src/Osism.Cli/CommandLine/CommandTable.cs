namespace Osism.Cli.CommandLine;

/// <summary>Every command there is, by name: help, completion, the parser and the test that walks them all read this one table.</summary>
/// <remarks>It is text that is searched, not objects that are built: most calls look at one line of it.</remarks>
internal static class CommandTable
{
    // + NAME | SUMMARY           works
    // - NAME | SUMMARY | USAGE   later release; no usage = neither arguments nor options
    // = NAME | TARGET            alias
    private const string Text = """
        + apply | Run a role on the hosts of the pod and follow its output
        - baremetal burnin | Put load on bare metal nodes to find weak parts | [NAME] [--cloud CLOUD] [--all] [--cpu|--no-cpu] [--memory|--no-memory] [--disk|--no-disk] [--yes-i-really-really-mean-it]
        - baremetal clean | Wipe the disks of bare metal nodes | [NAME] [--cloud CLOUD] [--metadata-only] [--all] [--yes-i-really-really-mean-it]
        - baremetal delete | Remove nodes from Ironic | [NAME] [--cloud CLOUD] [--all] [--yes-i-really-really-mean-it]
        - baremetal deploy | Install the operating system on nodes | [NAME] [--cloud CLOUD] [--all] [--rebuild] [--yes-i-really-really-mean-it]
        - baremetal dump | Show the first-boot playbook of a node | NAME [--cloud CLOUD] [--ironic]
        - baremetal list | List bare metal nodes with power and provision state | [--cloud CLOUD] [--provision-state STATE] [--maintenance] [--netbox]
        - baremetal maintenance set | Take a node out of service in Ironic | [NAME] [--cloud CLOUD] [--reason REASON]
        - baremetal maintenance unset | Take a node back into service in Ironic | [NAME] [--cloud CLOUD]
        - baremetal ping | Ping nodes that should be up | [NAME] [--cloud CLOUD]
        - baremetal power off | Switch a node off | [NAME] [--cloud CLOUD] [--soft]
        - baremetal power on | Switch a node on | [NAME] [--cloud CLOUD]
        - baremetal provide | Make manageable nodes available | [NAME] [--cloud CLOUD] [--all]
        - baremetal undeploy | Tear down what was deployed on nodes | [NAME] [--cloud CLOUD] [--all] [--yes-i-really-really-mean-it]
        - check inode | Show inodes of files of the configuration repository | [FILES ...] [--path PATH] [--format FORMAT]
        - check mount | Find stale bind mounts of the configuration repository | [--path PATH] [--format FORMAT] [--max-files N] [--registry REGISTRY] [--image IMAGE] [--volume-name NAME] [--host-path PATH] [--check-content]
        + collection cancel | End a run of a collection and wait until it is dead
        + collection list | List the collections: graphs of roles
        + collection resume | Go on with a stopped run where it stopped
        + collection show | Show the graph of a collection
        + collection status | List runs of collections, or show one with its nodes
        + completion | Print the completion script of a shell
        + compose | Run docker compose in a service folder of a host
        + configuration check | Look for mistakes in the whole configuration repository
        = configuration sync | sync configuration
        + console | Open a shell on a host, or a console for a group of hosts
        + container | Run a container command on a host
        = docker | container
        + doctor | Look at the manager of this machine, and say what to do about what is wrong
        = dump facts | get facts
        = dump inventory | get hostvars
        + explain | Show what a role does, how dangerous it is, how long it takes, and what would be run
        + facts diff | Show what differs between the facts of two hosts
        + facts history | Show what a fact of a host was
        + facts list | Show how old the facts of hosts are
        + facts search | Find hosts by their facts
        + get facts | Show the facts of a host
        + get hosts | List the hosts of the inventory
        + get hostvars | Show the variables of a host, and where they come from
        = get logs ansible | log ansible
        = get logs container | log container
        = get logs file | log file
        = get logs opensearch | log opensearch
        + get states | Show which roles a host has seen
        + get status | Show the state of the workers
        = get tasks | task list
        + get versions manager | Show the releases of the runtimes
        - get versions netbox | Show the version of NetBox and its plugins
        + init | Make the configuration repository of a new pod
        + inventory diff | Show what differs between two revisions of the inventory
        + inventory graph | Draw the groups of the inventory and their hosts
        + inventory host | Show the variables of a host as Ansible has them
        + inventory lint | Look for mistakes in the inventory that Ansible does not mention
        + inventory list | Show groups, hosts and their variables as Ansible has them
        + inventory match | List the hosts that a pattern means
        + inventory pin | Keep a revision of the inventory in effect
        + inventory revisions | List the published states of the inventory
        + inventory rollback | Go back to a revision until the sources change
        + inventory search | Find a text in hosts, groups, variables and values
        + lock | Keep new jobs from starting
        + lock status | Show the locks that are held
        + log | Print the stored output of a job
        + log ansible | Query what Ansible recorded
        + log container | Show the log of a container on a host
        + log file | Show a log file of a host
        + log opensearch | Query the central logs with SQL
        - manage amphora restore | Fail over load balancers whose amphora is broken | [--cloud CLOUD] [--loadbalancer ID]
        - manage amphora rotate | Replace amphorae that have grown old | [--cloud CLOUD] [--loadbalancer ID] [--force]
        = manage baremetal burnin | baremetal burnin
        = manage baremetal clean | baremetal clean
        = manage baremetal delete | baremetal delete
        = manage baremetal deploy | baremetal deploy
        = manage baremetal dump | baremetal dump
        = manage baremetal list | baremetal list
        = manage baremetal maintenance set | baremetal maintenance set
        = manage baremetal maintenance unset | baremetal maintenance unset
        = manage baremetal ping | baremetal ping
        = manage baremetal power off | baremetal power off
        = manage baremetal power on | baremetal power on
        = manage baremetal provide | baremetal provide
        = manage baremetal undeploy | baremetal undeploy
        - manage compute disable | Take a compute node out of scheduling | HOST [--cloud CLOUD]
        - manage compute enable | Take a compute node back into scheduling | HOST [--cloud CLOUD]
        - manage compute evacuate | Rebuild the servers of a dead compute node elsewhere | HOST [--cloud CLOUD] [--yes] [--target HOST]
        - manage compute list | List compute nodes, or the servers on one | [HOST] [--cloud CLOUD] [--project ID] [--domain ID] [--details]
        - manage compute migrate | Move the servers of a compute node elsewhere | HOST [--cloud CLOUD] [--yes] [--no-wait] [--no-cold-migration] [--force] [--target HOST] [--project ID] [--domain ID] [--filter TEXT]
        - manage compute migration list | List migrations of servers | [--cloud CLOUD] [--host HOST] [--server ID] [--user USER] [--user-domain DOMAIN] [--project PROJECT] [--project-domain DOMAIN] [--status STATUS] [--type TYPE] [--changes-since TIME] [--changes-before TIME]
        - manage compute start | Start the servers of a compute node | HOST [--cloud CLOUD] [--yes]
        - manage compute stop | Stop the servers of a compute node | HOST [--cloud CLOUD] [--yes]
        = manage dnsmasq | sync dnsmasq
        - manage flavors | Bring the flavors of the cloud up to date | [--no-wait] [--cloud CLOUD] [--name NAME] [--url URL] [--recommended]
        - manage image clusterapi | Bring the Kubernetes images up to date | [--no-wait] [--base-url URL] [--cloud CLOUD] [--dry-run] [--tag TAG] [--filter FILTER]
        - manage image clusterapi gardener | Bring the Kubernetes images for Gardener up to date | [--no-wait] [--base-url URL] [--cloud CLOUD] [--dry-run] [--tag TAG] [--filter FILTER]
        - manage image gardenlinux | Bring the Garden Linux image up to date | [--no-wait] [--base-url URL] [--cloud CLOUD] [--dry-run] [--tag TAG] [--filter FILTER]
        - manage image octavia | Bring the amphora image up to date | [--no-wait] [--cloud CLOUD] [--base-url URL]
        - manage images | Bring the images of the cloud up to date | [--no-wait] [--dry-run] [--hide] [--delete] [--latest] [--cloud CLOUD] [--filter FILTER] [--images PATH]
        - manage loadbalancer delete | Delete a load balancer that never came up | LOADBALANCER [--yes] [--cloud CLOUD]
        - manage loadbalancer list | List load balancers that need attention | [--status-type TYPE] [--cloud CLOUD]
        - manage loadbalancer reset | Free a load balancer that is stuck | LOADBALANCER [--status-type TYPE] [--yes] [--cloud CLOUD] [--no-failover]
        - manage netbox | Load the resources of the repository into NetBox | [--no-wait] [--no-netbox-wait] [--parallel N] [--limit PATTERN] [--skipdtl] [--skipmtl] [--skipres]
        - manage project create | Create a project with its quotas, networks and users | [--no-wait] [--assign-admin-user] [--noassign-admin-user] [--create-admin-user] [--nocreate-admin-user] [--create-domain] [--nocreate-domain] [--create-user] [--nocreate-user] [--create-application-credential] [--nocreate-application-credential] [--domain-name-prefix] [--nodomain-name-prefix] [--has-service-network] [--nohas-service-network] [--has-public-network] [--nohas-public-network] [--has-shared-images] [--nohas-shared-images] [--random] [--norandom] [--managed-network-resources] [--nomanaged-network-resources] [--password-length N] [--quota-multiplier N] [--quota-multiplier-compute N] [--quota-multiplier-network N] [--quota-multiplier-storage N] [--quota-router N] [--admin-domain DOMAIN] [--cloud CLOUD] [--domain DOMAIN] [--internal-id ID] [--name NAME] [--owner OWNER] [--password PASSWORD] [--public-network NETWORK] [--quota-class CLASS] [--service-network-cidr CIDR]
        - manage project sync | Bring projects in line with their quota classes | [--assign-admin-user] [--noassign-admin-user] [--dry-run] [--nodry-run] [--manage-endpoints] [--nomanage-endpoints] [--manage-homeprojects] [--nomanage-homeprojects] [--manage-privatevolumetypes] [--nomanage-privatevolumetypes] [--manage-privateflavors] [--nomanage-privateflavors] [--admin-domain DOMAIN] [--classes PATH] [--endpoints PATH] [--cloud CLOUD] [--domain DOMAIN] [--name NAME] [--no-wait]
        - manage redfish list | List hardware parts that a BMC reports | HOSTNAME RESOURCETYPE [--format FORMAT] [--column NAME]
        - manage server clean | Delete servers that never came up | [--cloud CLOUD] [--yes] [--build-timeout SECONDS]
        - manage server list | List servers that are stuck, or those of a project | [--cloud CLOUD] [--domain DOMAIN] [--project PROJECT] [--project-domain DOMAIN] [--user USER] [--user-domain DOMAIN]
        - manage server migrate | Move one server to another compute node | INSTANCE [--cloud CLOUD] [--yes] [--no-wait] [--force] [--target HOST]
        - manage volume list | List volumes that are stuck | [--cloud CLOUD] [--domain DOMAIN] [--project PROJECT] [--project-domain DOMAIN]
        - manage volume repair | Free volumes that are stuck | [--cloud CLOUD] [--yes]
        + manager backup | Make a backup of the manager of this machine
        + manager install | Make a host a manager, over ssh
        + manager list | List the backups of the manager
        + manager reset | Put the state of the manager of this machine aside and begin anew
        + manager restore | Make a backup the manager of this machine again
        = manager status | status
        + manager upgrade | Put this osismd in the place of the one that runs; its runs go on
        + manager verify | Read all of a backup and say whether it is whole
        - migrate rabbitmq3to4 | Move queues to the form RabbitMQ 4 needs | [COMMAND] [SERVICE] [--server NODE] [--dry-run] [--no-close-connections] [--quorum] [--vhost VHOST]
        - netbox | Query NetBox | TYPE [ARGUMENTS ...]
        - netbox dump | Show what NetBox knows about a device | HOST [FIELD]
        + noset bootstrap | Forget that a host is bootstrapped
        + noset maintenance | End the maintenance of a host
        = noset vault password | vault password unset
        + notification list | List who is told what happens, and how that goes
        + notification test | Send a receiver of notifications a word now
        - openstack | Run the OpenStack client with the pod's credentials | [--cloud CLOUD] [ARGUMENTS ...]
        - openstack stress | Create and delete servers to try the cloud | [--no-cleanup] [--debug] [--no-delete] [--no-volume] [--no-boot-volume] [--no-wait] [--clean] [--interval SECONDS] [--number N] [--parallel N] [--timeout SECONDS] [--volume-number N] [--volume-size GB] [--boot-volume-size GB] [--cloud CLOUD] [--flavor FLAVOR] [--image IMAGE] [--subnet-cidr CIDR] [--prefix PREFIX] [--compute-zone ZONE] [--storage-zone ZONE] [--affinity POLICY] [--volume-type TYPE] [--mode MODE]
        + reconciler | Start the inventory reconciler
        = reconciler sync | sync inventory
        + release set | Set the configuration repository to a release of OSISM
        + release show | Show the release and the versions the configuration repository is set to
        - report bgp | Collect the BGP sessions of hosts | [--limit|-l PATTERN] [--afi AFI ...]
        - report lldp | Collect the neighbours of network ports | [--limit|-l PATTERN]
        - report memory | Collect the memory sizes of hosts | [--limit|-l PATTERN]
        - report status | Collect whether hosts are bootstrapped | TYPE [--limit|-l PATTERN] [--status True|False]
        + rerun | Run a job again, all of it or only where it failed
        + reset facts | Forget cached facts
        + results | List what tasks did on hosts: of a job, or of all
        + results compare | Show what differs between two runs
        + results diff | Show what a job changed in files
        + results export | Write all results of a job for another program
        + results host | List the runs that touched a host
        + results hosts | Show what became of each host of a job
        + results matrix | Show the hosts of a job by its tasks
        + results show | Show one result with all that the module returned
        + results timing | Show where the time of a job went
        + runtime list | List the runtimes: where playbooks come from, with their Ansible
        + schedule history | Show what became of the occurrences of a schedule
        + schedule list | List the schedules with their next and last occurrence
        + schedule next | Show when a schedule is due
        + schedule pause | Let the occurrences of a schedule pass
        + schedule resume | Let a schedule count again
        + schedule run | Run a schedule now
        + schedule show | Show one schedule
        + search | Find a text in the output and the results of jobs
        + service | Start a service of the manager
        + services deploy | Deploy services in the order in which a pod is built
        + services health | Look whether services work
        + services links | List where services are to be found
        + services list | List the services of the pod
        + services show | Show one service
        + services upgrade | Upgrade services in the order in which a pod is built
        + services versions | Look which containers are of another version than the configuration asks for
        + set bootstrap | Mark a host as bootstrapped
        + set maintenance | Put a host into maintenance
        = set vault password | vault password set
        - sonic backup | Save the configuration of a switch on the switch | HOSTNAME
        - sonic console | Open a shell on a switch | HOSTNAME
        - sonic dump | Show the configuration NetBox holds for a switch | HOSTNAME
        - sonic list | List the switches | [DEVICE]
        - sonic load | Load the configuration into a switch | HOSTNAME
        - sonic reboot | Reboot a switch | HOSTNAME
        - sonic reload | Load the configuration into a switch and restart its services | HOSTNAME
        - sonic reset | Set a switch back to what it was when it came | HOSTNAME [--force]
        - sonic show | Run a show command on a switch | HOSTNAME [COMMAND ...]
        = sonic sync | sync sonic
        - sonic validate | Check the configuration of switches | [HOSTNAME ...] [--file FILE] [--from-netbox] [--from-export-dir [DIR]] [--generate] [--format FORMAT]
        - sonic ztp | Look at or change zero touch provisioning of a switch | ACTION HOSTNAME
        + status | Show whether the manager and its parts work
        - status database | Check the MariaDB cluster of the cloud | [--format FORMAT]
        - status messaging | Check the RabbitMQ cluster of the cloud | [HOSTS ...] [--format FORMAT]
        - sync ceph-keys | Copy the Ceph keys into the configuration repository | [--no-wait]
        + sync configuration | Bring the configuration repository up to date
        - sync dnsmasq | Write the DHCP configuration again | [--no-wait]
        + sync facts | Gather the facts of hosts
        + sync inventory | Build and publish the inventory
        - sync ironic | Bring Ironic in line with NetBox | [NODE] [--no-wait] [--task-timeout SECONDS] [--adopt] [--force] [--dry-run] [--skip-kernel-param NAME] [--extra-kernel-param KEY=VALUE]
        - sync netbox | Bring the states in NetBox in line with Ironic | [NODE] [--no-wait] [--task-timeout SECONDS] [--filter TEXT] [--list] [--check]
        - sync sonic | Generate the configuration of the switches | [DEVICE] [--no-wait] [--diff] [--no-diff]
        + sync versions | Write the image versions into the configuration repository
        + task forget | Give a job up that cannot be reached or would not die
        + task list | List jobs: the live ones and those that ended last
        + task output | Print the stored output of a job, or follow it
        + task pin | Keep a job whatever its age
        + task prune | Delete ended jobs that are too old or too many
        + task revoke | End jobs and wait until they are dead
        + task show | Show one job with its history and hosts
        + task unpin | Keep a job no longer than others
        + unlock | Let new jobs start again
        + validate | Run a play that checks a service
        - validate scs | Check the cloud against the SCS standards | [--cloud CLOUD] [--version VERSION] [--tests REGEX] [--output FILE] [--verbose] [--debug] [--sections LIST]
        + vault check | Try the vault password on the configuration repository
        + vault decrypt | Store a vault file as plain text
        + vault password set | Give the manager the vault password
        + vault password unset | Make the manager forget the vault password
        + vault view | Print the plain text of a vault file
        + wait | Wait for jobs to end
        + worker | Start a worker for a queue
        + worker drain | Let a worker take no more jobs
        + worker list | List workers and their leases
        + worker remove | Take a machine out of the installation
        + worker resume | Let a worker take jobs again
        + worker show | Show a worker and what it holds
        + worker token | Make a token with which a machine may join
        """;

    /// <summary>All lines in their order, which is alphabetical.</summary>
    public static IEnumerable<CommandEntry> All
    {
        get
        {
            foreach (var line in Text.Split('\n'))
                yield return Parse(line);
        }
    }

    /// <summary>The command of exactly this name, or null.</summary>
    public static CommandEntry? Find(string name)
    {
        var at = -1;
        var key = $" {name} | ";
        // The name stands after the mark at the start of a line; a summary could hold the same words.
        while ((at = Text.IndexOf(key, at + 1, StringComparison.Ordinal)) >= 0)
        {
            if (at >= 1 && (at == 1 || Text[at - 2] == '\n'))
            {
                var end = Text.IndexOf('\n', at);
                return Parse(Text[(at - 1)..(end < 0 ? Text.Length : end)]);
            }
        }

        return null;
    }

    /// <summary>Commands whose name starts with these words and goes on.</summary>
    public static IEnumerable<CommandEntry> Below(string words) =>
        All.Where(entry => entry.Name.StartsWith(words + " ", StringComparison.Ordinal));

    private static CommandEntry Parse(string line)
    {
        var bar = line.IndexOf(" | ", StringComparison.Ordinal);
        var name = line[2..bar];
        var rest = line[(bar + 3)..];
        if (line[0] == '=')
        {
            var target = Find(rest)!;
            return new CommandEntry(name, target.Target, target.Works, target.Summary, target.Usage);
        }

        // Usage holds bars of its own.
        bar = rest.IndexOf(" | ", StringComparison.Ordinal);
        return bar < 0
            ? new CommandEntry(name, name, line[0] == '+', rest, "")
            : new CommandEntry(name, name, line[0] == '+', rest[..bar], rest[(bar + 3)..]);
    }
}
