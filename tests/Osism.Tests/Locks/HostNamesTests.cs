using Osism.Daemon.Locks;
using Osism.Testing;

namespace Osism.Tests.Locks;

/// <summary>What a limit can reach, told without Ansible: perhaps too much, never too little.</summary>
public sealed class HostNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, null)]
    [InlineData("node-1", "node-1")]
    [InlineData("node-1,node-3", "node-1 node-3")]
    [InlineData("control:node-9", "ctl-01 ctl-02 node-9")]
    [InlineData("cloud", "ctl-01 ctl-02 node-1 node-2 node-3")]
    [InlineData("cloud:!node-1:&control", "ctl-01 ctl-02 node-1 node-2 node-3")]
    [InlineData("node-*", "node-1 node-2 node-3")]
    [InlineData("all", "ctl-01 ctl-02 lonely node-1 node-2 node-3")]
    [InlineData("!node-1", null)]
    [InlineData("~node.*", null)]
    [InlineData("@retry", null)]
    [InlineData("control[0]", null)]
    public void A_limit_is_expanded_as_far_as_plain_names_go(string? limit, string? hosts)
    {
        Write("10-custom", "lonely ansible_host=1.2.3.4\n[compute]\nnode-[1:3] x=y\n# [control]\n[control]\nctl-[01:02]\n[control:vars]\na=b\n[cloud:children]\ncompute\ncontrol\n");
        Write("ansible.cfg", "[defaults]\n");

        Assert.Equal(hosts?.Split(' '), HostNames.Read(_folder.Path).Expand(limit));
    }

    [Theory]
    [InlineData("hosts.yml", "all:\n", "compute", null)]
    [InlineData("hosts.yml", "all:\n", "node-1", "node-1")]
    [InlineData("more", "[compute]\nnode-[a:c]\n", "compute", null)]
    [InlineData("hosts.yml", "all:\n", "nobody", null)]
    public void Beside_what_it_cannot_read_only_names_of_hosts_are_sure(string file, string content, string limit, string? hosts)
    {
        Write("hosts", "[compute]\nnode-1\n");
        Write(file, content);

        Assert.Equal(hosts?.Split(' '), HostNames.Read(_folder.Path).Expand(limit));
    }

    [Theory]
    [InlineData("node-1,nobody", "node-1")]
    [InlineData("nobody", "")]
    [InlineData("!node-1", null)]
    public void A_lock_is_put_on_hosts_that_are_there(string pattern, string? hosts)
    {
        Write("hosts", "[compute]\nnode-1\n");

        Assert.Equal(hosts?.Split(' ', StringSplitOptions.RemoveEmptyEntries), HostNames.Read(_folder.Path).Resolve(pattern));
    }

    [Theory]
    [InlineData("-v -l a", "a")]
    [InlineData("-la", "a")]
    [InlineData("-vl a", "a")]
    [InlineData("-vla", "a")]
    [InlineData("--limit a --limit=b", "b")]
    [InlineData("--limi a", "~.*")]
    [InlineData("-e l=1 -t all", null)]
    public void The_limit_is_found_in_every_form_Ansible_takes(string arguments, string? limit) =>
        Assert.Equal(limit, HostSets.Limit(arguments.Split(' ')));

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);
}
