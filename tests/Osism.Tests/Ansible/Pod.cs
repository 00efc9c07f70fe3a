using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;
using Osism.Protocols.Vault;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Ansible;

/// <summary>A small configuration repository, runtimes and a home of a manager in a temporary folder, and the parts of the manager that compose runs from them.</summary>
internal sealed class Pod : IAsyncDisposable
{
    public const string Password = "correct horse";

    private static readonly string[] Environments =
        ["ceph", "custom", "generic", "infrastructure", "kolla", "kubernetes", "manager", "monitoring", "openstack"];

    private readonly TempFolder _folder = new();
    private readonly TestDatabase _database;
    private readonly ServiceProvider _services;
    private readonly Dictionary<string, string?> _settings;
    private readonly DaemonEnvironment _variables;

    private Pod(TestDatabase database, IReadOnlyDictionary<string, string>? variables, IReadOnlyDictionary<string, string?>? settings)
    {
        _database = database;
        Home = new OsismHome(_folder["home"]);
        foreach (var environment in Environments)
        {
            foreach (var file in new[] { "configuration", "images", "secrets" })
                Write($"environments/{environment}/{file}.yml", $"{environment}_{file}: x\n");
        }

        Write("environments/configuration.yml", "global_configuration: x\n");
        Write("environments/secrets.yml", "global_secrets: x\n");
        Write("inventory/hosts", "[generic]\nlocalhost ansible_connection=local\n");
        Write(Root("runtimes/osism-ansible/generic/ping.yml"), Play);
        Write(Root("runtimes/osism-ansible/generic-facts.yml"), Play);
        Write(Root("runtimes/osism-ansible/infrastructure/netbox.yml"), Play);
        Write(Root("runtimes/osism-ansible/ceph/validate-ceph-mons.yml"), Play);
        Write(Root("runtimes/osism-ansible/kolla/stepca.yml"), Play);
        Write(Root("runtimes/osism-ansible/manager/configuration.yml"), Play);
        Write(Root("runtimes/osism-ansible/monitoring/netdata.yml"), Play);
        Write(Root("runtimes/osism-ansible/openstack/flavors.yml"), Play);
        Write(Root("runtimes/kolla-ansible/kolla-nova.yml"), Play);
        Write(Root("runtimes/kolla-ansible/kolla-keystone.yml"), Play);
        Write(Root("runtimes/kolla-ansible/kolla-facts.yml"), Play);
        Write(Root("runtimes/kolla-ansible/kolla-mariadb.yml"), Play);
        Write(Root("runtimes/ceph-ansible/ceph-ceph.yml"), Play);
        Write(Root("runtimes/ceph-ansible/ceph-pools.yml"), Play);
        Write(Root("runtimes/osism-kubernetes/kubernetes-k9s.yml"), Play);

        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["configuration:path"] = Repository,
            ["runtimes:osism-ansible:path"] = Root("runtimes/osism-ansible"),
            ["runtimes:kolla-ansible:path"] = Root("runtimes/kolla-ansible"),
            ["runtimes:ceph-ansible:path"] = Root("runtimes/ceph-ansible"),
            ["runtimes:osism-kubernetes:path"] = Root("runtimes/osism-kubernetes"),
            ["run:forks"] = "7",
        };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
            all[key] = value;
        _settings = all;
        _variables = new DaemonEnvironment(variables ?? new Dictionary<string, string>());
        _services = Build(Home, all);
    }

    /// <summary>The parts of a worker on another machine: the same database and runtimes, a home of its own and no repository. The caller disposes it.</summary>
    public ServiceProvider Elsewhere(OsismHome home) =>
        Build(home, new Dictionary<string, string?>(_settings, StringComparer.OrdinalIgnoreCase) { ["configuration:path"] = Root("nowhere") });

    private ServiceProvider Build(OsismHome home, Dictionary<string, string?> settings)
    {
        Directory.CreateDirectory(home.Root);
        File.WriteAllText(home.MachineFile, $"{home.Root}\n");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(home);
        services.AddSingleton(_database.Source);
        services.AddSingleton(_variables);
        services.AddSingleton<RunPasswordSource>(_ => Task.FromResult(VaultPassword is { } text ? new RunPassword(text, "stored") : null));
        services.AddConfiguration().AddRuntimes().AddInventory().AddAnsible();
        return services.BuildServiceProvider();
    }

    public static string Play => "- hosts: generic\n  gather_facts: false\n  tasks: []\n";

    public OsismHome Home { get; }

    /// <summary>For parts that are built of those of a pod.</summary>
    public IServiceProvider Services => _services;

    /// <summary>What the vault gives; null is a sealed vault.</summary>
    public string? VaultPassword { get; set; }

    public string Repository => Root("configuration");

    public RunComposer Composer => Get<RunComposer>();

    public string ConnectionString => _database.ConnectionString;

    public static async Task<Pod> CreateAsync(
        IReadOnlyDictionary<string, string>? variables = null, IReadOnlyDictionary<string, string?>? settings = null) =>
        new(await TestDatabase.CreateAsync(TestContext.Current.CancellationToken), variables, settings);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A path in the temporary folder.</summary>
    public string Root(string name) => _folder[name];

    /// <summary>A path in the configuration repository.</summary>
    public string Path(string name) => System.IO.Path.Combine(Repository, name);

    /// <summary>Writes a file of the configuration repository, or of any place when the name is absolute.</summary>
    public void Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Repository, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public void WriteEncrypted(string name, string content, string password = Password) =>
        Write(name, System.Text.Encoding.UTF8.GetString(AnsibleVault.Encrypt(System.Text.Encoding.UTF8.GetBytes(content), password)));

    public void Delete(string name) => File.Delete(Path(name));

    public Task<ComposedRun> ComposeAsync(string role, params string[] arguments) => ComposeAsync(new RunRequest(role) { Arguments = arguments });

    public Task<ComposedRun> ComposeAsync(RunRequest request) =>
        Composer.ComposeAsync(request, AttemptPaths.For(Home, new Guid("0198c0de-0000-7000-8000-000000000001"), 1), TestContext.Current.CancellationToken);

    public async Task<OsismException> RefusedAsync(string role, params string[] arguments) =>
        await Assert.ThrowsAsync<OsismException>(() => ComposeAsync(role, arguments));

    /// <summary>Starts what was composed, secrets in place, and gives exit code and output.</summary>
    public static async Task<(int ExitCode, string Output)> StartAsync(ComposedRun run, params string[] more)
    {
        var secrets = System.IO.Path.GetDirectoryName(run.Plan.Env["OSISM_EVENTS"])!;
        foreach (var file in run.SecretFiles)
        {
            var path = System.IO.Path.Combine(secrets, file.Name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, file.Content, TestContext.Current.CancellationToken);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var start = new ProcessStartInfo(run.Plan.Argv[0], [.. run.Plan.Argv.Skip(1), .. more])
        {
            WorkingDirectory = run.Plan.Cwd,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (name, value) in run.Plan.Env)
            start.Environment[name] = value;
        // The test's own user runs it here, and colours only disturb. The plays name the user dragon: without a folder of
        // its own, root's Ansible would make folders in that user's home which he then cannot use.
        start.Environment["ANSIBLE_FORCE_COLOR"] = "0";
        start.Environment["ANSIBLE_REMOTE_TEMP"] = System.IO.Path.Combine(secrets, "remote-tmp");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }
}
