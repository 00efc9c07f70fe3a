using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary>The deployment of a whole testbed (<c>examples/testbed/collections.yml</c>) as one run of one graph.</summary>
/// <remarks>Shortened: the plays do nothing, those of kolla-ansible and ceph-ansible without Ansible; commands of the host and of the manager only leave their name.</remarks>
[Collection(Collections.Site)]
public sealed class TestbedDeploymentTests
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    /// <summary>The scripts of the testbed call so many, at osism/testbed a8a90cc, with those that have conditions.</summary>
    private const int Roles = 69;
    private const int Commands = 37;
    private const int Pulls = 25;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Length", "drill")]
    public async Task It_runs_in_full_order_with_what_nobody_waits_for_beside_it()
    {
        using var pod = await ConfigurationPod.CreateAsync(null, encrypted: true, _token);
        using var folder = new TempFolder();
        var marks = folder["marks"];
        Directory.CreateDirectory(marks);
        File.SetUnixFileMode(marks, (UnixFileMode)0b111_111_111);
        await ScriptAsync(pod, "stand-in", "exit 0");
        await using var daemon = await Site.StartManagerAsync(new TempFolder(), pod, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_WORKER__SLOTS"] = "2",
            ["OSISM_RUNTIMES__KOLLA_ANSIBLE__ANSIBLE_PLAYBOOK"] = pod.PathOf("stand-in"),
            ["OSISM_RUNTIMES__CEPH_ANSIBLE__ANSIBLE_PLAYBOOK"] = pod.PathOf("stand-in"),
        }, _token);
        await DefineAsync(pod, marks);
        await PlaysAsync(pod, daemon);

        var id = (await daemon.Cli.MustAsync(_token, "apply", "--no-wait", "--format", "script", "testbed")).Text.Trim();
        var wait = await (daemon.Cli.Command("wait", "--format", "script", id) with { Timeout = Patience }).RunAsync(_token);

        var run = await daemon.GetAsync(ApiRoutes.CollectionRun(Guid.Parse(id)), OsismJson.Default.CollectionRunInfo, _token);
        Assert.True(wait.ExitCode == 0, await FailuresAsync(daemon, run));
        Assert.Equal($"{id} = succeeded\n", wait.Text);
        Assert.Equal((Roles, Commands), (run.Nodes.Count(node => node.Kind == "ansible"), run.Nodes.Count(node => node.Kind == "command")));
        InOrder(run);
        Assert.Equal(
            run.Nodes.Where(node => node.Kind == "command").Select(node => node.Name).ToList(), (await File.ReadAllLinesAsync(Path.Combine(marks, "steps"), _token)).Distinct());

        var pulls = (await daemon.GetAsync($"{ApiRoutes.Jobs}?all=true&limit=1000", OsismJson.Default.PageJobInfo, _token)).Items.Where(job => job.Collection is null).ToList();
        Assert.Equal(Pulls, pulls.Count);
        Assert.All(pulls, pull => Assert.Equal(("pull", "dragon"), (pull.Action, pull.SubmittedBy)));
        foreach (var pull in pulls)
            Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(pull.Id, _token)).State);
    }

    /// <summary>No node began before all it comes after had ended; what waits for each other makes one line through the whole.</summary>
    private static void InOrder(CollectionRunInfo run)
    {
        var nodes = run.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        foreach (var node in run.Nodes)
            Assert.All(node.After, parent => Assert.True(nodes[parent].EndedAt <= node.StartedAt, $"{node.Name} began before {parent} had ended"));

        string[] aside = ["pull-images", "cgit", "dotfiles", "homer", "phpmyadmin", "sosreport"];
        var line = run.Nodes.Where(node => !aside.Contains(node.Name)).ToList();
        Assert.All(line.Zip(line.Skip(1)), pair => Assert.Equal([pair.First.Name], pair.Second.After));
        Assert.All(aside, name => Assert.Equal(["gather-facts"], nodes[name].After));
    }

    private async Task DefineAsync(ConfigurationPod pod, string marks)
    {
        // What would change a host only tells that it was there; the client is really called, for its help or for the list of jobs.
        var text = await File.ReadAllTextAsync(Checkout.PathOf("examples", "testbed", "collections.yml"), _token);
        var lines = text.Split('\n').Select(line => line.Contains("command: [", StringComparison.Ordinal)
            ? line.Replace("command: [", $"command: [./step, {line.Split(':')[0].Trim()}, ", StringComparison.Ordinal)
            : line);
        await pod.WriteAsync("environments/collections.yml", string.Join('\n', lines), _token);
        await ScriptAsync(pod, "step", $"""
            echo "$1" >>{marks}/steps
            case "$2 $3 $4" in
            "osism sync inventory") osism task list ;;
            # Behind the host all is taken as it is, and the key of consoles is not for the user of the runs.
            "osism container "*) osism container --help >/dev/null ;;
            osism*) shift; "$@" --help >/dev/null ;;
            esac
            """);
        await pod.WriteAsync("inventory/30-testbed", "[testbed-nodes]\nlocalhost\n\n[testbed-manager]\nlocalhost\n", _token);
    }

    /// <summary>A play for each role where it is looked for, as the manager itself says.</summary>
    private async Task PlaysAsync(ConfigurationPod pod, Daemon daemon)
    {
        using var collection = JsonDocument.Parse((await daemon.Cli.MustAsync(_token, "collection", "show", "testbed", "--format", "json")).Text);
        foreach (var node in collection.RootElement.GetProperty("nodes").EnumerateArray().Where(node => node.GetProperty("kind").GetString() == "ansible"))
        {
            var role = node.GetProperty("role").GetString()!;

            // Nobody knows the role ceph before there is a play for it.
            var environment = node.GetProperty("environment").GetString() ?? (role == "ceph" ? role
                : throw new InvalidOperationException($"{role}: {node.GetProperty("problem")}"));
            var play = role.StartsWith($"{environment}-", StringComparison.Ordinal) && environment is "kolla" or "ceph" ? role[(environment.Length + 1)..] : role;
            await pod.WriteAsync($"environments/{environment}/playbook-{play}.yml", """
                - name: Nothing
                  hosts: localhost
                  connection: local
                  gather_facts: false
                  tasks:
                    - name: Nothing
                      ansible.builtin.meta: noop
                """, _token);
        }

        // mariadb_backup is an action of mariadb.
        await pod.WriteAsync("environments/custom/playbook-pull-images.yml", $$$"""
            - name: Have images pulled by the manager
              hosts: localhost
              connection: local
              gather_facts: false
              environment:
                OSISM_HOME: "{{{daemon.Home}}}"
                PATH: "{{{Checkout.Root}}}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
              tasks:
                - name: The first, and wait for it
                  ansible.builtin.command: osism apply -a pull -r 1 keystone -l localhost
                - name: The others
                  ansible.builtin.command: osism apply -a pull --no-wait {{ item }} -l localhost
                  loop: [aodh, barbican, ceilometer, cinder, common, designate, glance, gnocchi, horizon, loadbalancer, magnum, manila, mariadb, memcached, neutron, nova,
                         octavia, opensearch, openvswitch, ovn, placement, rabbitmq, redis, skyline]
            """, _token);
    }

    private async Task<string> FailuresAsync(Daemon daemon, CollectionRunInfo run)
    {
        var told = new List<string>();
        foreach (var node in run.Nodes.Where(node => node.State is not ("succeeded" or "skipped")))
        {
            var output = System.Text.Encoding.UTF8.GetString(await daemon.OutputAsync(node.Job!.Value, _token));
            told.Add($"{node.Name} {node.State} {node.Reason?.Message}\n{output}");
        }

        return string.Join('\n', told);
    }

    private async Task ScriptAsync(ConfigurationPod pod, string name, string text)
    {
        await pod.WriteAsync(name, $"#!/bin/sh\n{text}\n", _token);
        File.SetUnixFileMode(pod.PathOf(name), Executable);
    }
}
