using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>What a run is shown where.</summary>
public sealed class RunNamespaceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("runtime", "ansible")]
    [InlineData("ansible", "ansible")]
    public void Playbooks_are_found_beside_what_is_shown_among_them_also_where_they_lie_at_that_very_place(string runtime, string shown)
    {
        var (source, target, inventory) = (_folder[runtime], _folder[shown], _folder["inventory"]);
        Directory.CreateDirectory(source);
        Directory.CreateDirectory(inventory);
        File.WriteAllText(Path.Combine(source, "kolla-nova.yml"), "");

        var mounts = new RunNamespace(Options.Create(new SpoolOptions()), new OsismHome(_folder["home"]))
            .Mounts([new PathMapping(source, target, ReadOnly: true), new PathMapping(inventory, Path.Combine(target, "inventory"), ReadOnly: true)]);

        var view = Assert.Single(mounts, mount => mount.Target == target);
        var link = new FileInfo(Path.Combine(view.Source, "kolla-nova.yml")).LinkTarget!;
        var aside = mounts.TakeWhile(mount => mount != view).ToList();
        if (source == target)
        {
            // Shown elsewhere before its place is covered.
            Assert.Equal((source, true), (Assert.Single(aside).Source, aside[0].ReadOnly));
            Assert.Equal(Path.Combine(aside[0].Target, "kolla-nova.yml"), link);
        }
        else
        {
            Assert.Empty(aside);
            Assert.Equal(Path.Combine(source, "kolla-nova.yml"), link);
        }

        Assert.True(Directory.Exists(Path.Combine(view.Source, "inventory")));
        Assert.Equal((inventory, Path.Combine(target, "inventory")), (mounts[^1].Source, mounts[^1].Target));
    }
}
