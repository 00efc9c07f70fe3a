using Osism.Contracts;
using Osism.Contracts.Runs;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;
using Osism.Testing;
using Osism.Tests.Ansible;

namespace Osism.Tests.Runtimes;

/// <summary>What a runtime may be by its definition, and what becomes of a bad one.</summary>
public sealed class RuntimeDefinitionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public RuntimeDefinitionTests()
    {
        // All of an Ansible that is asked here.
        var program = Path.Combine(Venv, "bin", "ansible-playbook");
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.WriteAllText(program, "#!/bin/sh\necho 'ansible-playbook [core 2.19.4]'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private string Venv => _folder["venv"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_runtime_of_the_operators_own_has_its_environments_its_ansible_and_its_queue()
    {
        await using var pod = await Pod.CreateAsync(settings: Settings(("acme:environments:0", "acme"), ("acme:venv", Venv), ("acme:queue", "openstack")));
        pod.Write(pod.Root("home/runtimes/acme/acme/deep.yml"), Pod.Play);
        pod.Write(pod.Root("home/runtimes/acme/acme-long.yml"), Pod.Play);
        pod.Write(pod.Root("home/runtimes/acme/flat.yml"), Pod.Play);
        foreach (var file in new[] { "configuration", "images", "secrets" })
            pod.Write($"environments/acme/{file}.yml", "x: y\n");
        pod.Write("environments/acme/playbook-mine.yml", Pod.Play);

        foreach (var role in new[] { "deep", "long", "flat", "mine" })
        {
            var route = pod.Composer.Route(new RunRequest(role));
            Assert.Equal(("acme", "openstack", "acme", role), (route.Runtime, route.Queue, route.Environment, route.Role));
        }

        var run = await pod.Composer.ExplainAsync(new RunRequest("long"), _token);
        Assert.EndsWith("/runtimes/acme/acme-long.yml", run.Plan.Playbook, StringComparison.Ordinal);
        Assert.Equal($"{Venv}/bin/ansible-playbook", run.Plan.Argv[0]);
        Assert.StartsWith($"{Venv}/bin:", run.Plan.Env["PATH"], StringComparison.Ordinal);
        var refused = Assert.Throws<OsismException>(() => pod.Composer.Route(new RunRequest("lost") { Environment = "acme" }));
        Assert.Equal(ErrorCodes.RoleUnknown, refused.Code);
    }

    [Fact]
    public async Task A_role_in_two_runtimes_belongs_to_the_operators_and_the_other_is_reached_by_its_environment()
    {
        await using var pod = await Pod.CreateAsync(settings: Settings(("acme:environments:0", "acme")));
        pod.Write(pod.Root("home/runtimes/acme/ping.yml"), Pod.Play);

        Assert.Equal("acme", pod.Composer.Route(new RunRequest("ping")).Runtime);
        Assert.Equal("osism-ansible", pod.Composer.Route(new RunRequest("ping") { Environment = "generic" }).Runtime);
        Assert.Equal([("ping", "osism-ansible", "acme")], pod.Get<RoleTable>().Current().Twice);
    }

    [Theory]
    [InlineData(">=2.14,<2.20", null)]
    [InlineData("<2.15", "is of 2.19.4")]
    [InlineData("!=2.19.4", "is of 2.19.4")]
    public async Task An_ansible_that_does_not_fit_is_refused_with_both_versions(string wanted, string? fault)
    {
        await using var pod = await Pod.CreateAsync(settings: Settings(("kolla-ansible:ansible", wanted), ("kolla-ansible:ansibleplaybook", $"{Venv}/bin/ansible-playbook")));
        var request = new RunRequest("nova");

        if (fault is null)
        {
            Assert.Equal("kolla-ansible", (await pod.Composer.ExplainAsync(request, _token)).Route.Runtime);
            return;
        }

        var refused = await Assert.ThrowsAsync<OsismException>(() => pod.Composer.ExplainAsync(request, _token));
        Assert.Equal(ErrorCodes.RuntimeUnusable, refused.Code);
        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
        Assert.Contains(wanted, refused.Message, StringComparison.Ordinal);
        Assert.Equal("osism-ansible", (await pod.Composer.ExplainAsync(new RunRequest("ping"), _token)).Route.Runtime);
    }

    [Fact]
    public async Task Each_runtime_says_how_it_is()
    {
        await using var pod = await Pod.CreateAsync(settings: Settings(
            ("acme:environments:0", "acme"), ("ceph-ansible:ansible", ">=3"), ("empty:environments:0", "empty"), ("empty:path", _folder["empty"]), ("osism-kubernetes:ansibleplaybook", "/bin/false")));
        Directory.CreateDirectory(_folder["empty"]);

        var runtimes = (await pod.Get<RuntimeDescriptions>().ListAsync(_token)).ToDictionary(runtime => runtime.Name, StringComparer.Ordinal);

        Assert.Equal(("ready", "directory"), (runtimes["osism-ansible"].State, runtimes["osism-ansible"].Kind));
        Assert.Equal(4, runtimes["kolla-ansible"].Roles);
        Assert.Matches(@"^2\.\d+", runtimes["kolla-ansible"].Ansible);
        Assert.Equal("ready", runtimes["custom"].State);
        Assert.Equal(("broken", "it works with ansible-core >=3"), Said(runtimes["ceph-ansible"]));
        Assert.Equal(("missing", $"there is no folder {pod.Root("home/runtimes/acme")}; install it or set runtimes.acme.path"), Said(runtimes["acme"]));
        Assert.Equal(("broken", "the folder holds no playbook of the names that are looked for"), Said(runtimes["empty"]));
        Assert.Equal(("broken", "/bin/false does not tell its version: it is no ansible-playbook, or does not start"), Said(runtimes["osism-kubernetes"]));
    }

    [Theory]
    [InlineData("kolla-ansible", "kind=Container", ".image is missing")]
    [InlineData("kolla-ansible", "image=x;kind=Venv", ".image belongs to kind container, and kind is venv")]
    [InlineData("kolla-ansible", "engine=podman", ".engine belongs to kind container")]
    [InlineData("kolla-ansible", "venv=/v;kind=Directory", ".venv belongs to kind venv")]
    [InlineData("kolla-ansible", "venv=v", ".venv must be an absolute path")]
    [InlineData("kolla-ansible", "ansible=2.15", ".ansible is '2.15': it must be conditions such as >=2.15,<2.20")]
    [InlineData("kolla-ansible", "queue=netbox", ".queue can be set for a runtime of your own only")]
    [InlineData("acme", "path=/p", ": there is no such runtime, and one of your own needs environments")]
    [InlineData("acme", "environment=kolla", ".environments: kolla belongs to a runtime of the manager")]
    [InlineData("acme", "environment=acme;queue=fast", ".queue is 'fast': it must be one of")]
    [InlineData("a b", "environment=acme", ": the name of a runtime has small letters, digits and dashes")]
    public void A_definition_that_makes_no_sense_is_named(string runtime, string settings, string fault)
    {
        var options = new RuntimesOptions { Named = { [runtime] = Parse(settings) } };

        var result = new RuntimesOptionsValidator().Validate(null, options);

        Assert.True(result.Failed);
        Assert.Contains(result.Failures, failure => failure.StartsWith($"runtimes.{runtime}{fault}", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_runtimes_cannot_own_one_environment()
    {
        var result = new RuntimesOptionsValidator().Validate(null, new RuntimesOptions { Named = { ["one"] = Parse("environment=acme"), ["two"] = Parse("environment=acme;image=x") } });

        Assert.Equal(["runtimes.two.environments: acme belongs to one already"], result.Failures);
    }

    [Theory]
    [InlineData(">=2.15,<2.20", "2.15.0", true)]
    [InlineData(">=2.15,<2.20", "2.19.11", true)]
    [InlineData(">=2.15,<2.20", "2.20", false)]
    [InlineData(">2.15", "2.15.0", false)]
    [InlineData("==2.15", "2.15.0", true)]
    [InlineData("<=2.14.18", "2.14.18rc1", true)]
    [InlineData(">=2.9", "2.14", true)]
    [InlineData(">=2", "devel", false)]
    public void Versions_are_compared_by_their_numbers(string range, string version, bool allowed) =>
        Assert.Equal(allowed, VersionRange.Parse(range)!.Allows(version));

    [Theory]
    [InlineData("")]
    [InlineData("2.15")]
    [InlineData(">=2.15,")]
    [InlineData("~=2.15")]
    [InlineData(">=x")]
    public void What_is_no_condition_is_none(string text) => Assert.Null(VersionRange.Parse(text));

    private static (string, string?) Said(RuntimeInfo runtime) => (runtime.State, runtime.Detail);

    private static RuntimeSettings Parse(string text)
    {
        var settings = new RuntimeSettings();
        foreach (var (name, value) in text.Split(';').Select(part => part.Split('=', 2)).Select(part => (part[0], part[1])))
        {
            switch (name)
            {
                case "kind": settings.Kind = Enum.Parse<RuntimeKind>(value); break;
                case "image": settings.Image = value; break;
                case "engine": settings.Engine = value; break;
                case "venv": settings.Venv = value; break;
                case "ansible": settings.Ansible = value; break;
                case "queue": settings.Queue = value; break;
                case "path": settings.Path = value; break;
                case "environment": settings.Environments.Add(value); break;
            }
        }

        return settings;
    }

    private static Dictionary<string, string?> Settings(params (string Key, string Value)[] settings) =>
        settings.ToDictionary(setting => $"runtimes:{setting.Key}", setting => (string?)setting.Value, StringComparer.Ordinal);
}
