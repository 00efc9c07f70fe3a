using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Daemon.Hosting;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary>Settings from the environment and from files.</summary>
public sealed class DaemonSettingsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    private string HomeFile => Path.Combine(_folder["home"], "osismd.yml");

    private string MachineFile => _folder["machine.yml"];

    public DaemonSettingsTests()
    {
        Directory.CreateDirectory(_folder["home"]);
        _environment["OSISM_HOME"] = _folder["home"];
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_environment_is_before_the_file_of_the_home_and_that_before_the_one_of_the_machine()
    {
        File.WriteAllText(MachineFile, "worker:\n  slots: 1\n  overflow_slots: 1\n  name: machine\n");
        File.WriteAllText(HomeFile, "worker:\n  slots: 2\n  overflow_slots: 2\n");
        _environment["OSISM_WORKER__SLOTS"] = "3";

        var values = Read().Values;

        Assert.Equal(("3", "2", "machine"), (values["worker:slots"], values["worker:overflowslots"], values["worker:name"]));
    }

    [Theory]
    [InlineData("OSISM_CONFIGURATION", "/pod", "configuration:path")]
    [InlineData("OSISM_LISTEN", "127.0.0.1:1", "api:listen")]
    [InlineData("OSISM_DATABASE", "Host=x", "database:connectionstring")]
    [InlineData("OSISM_CELERY_CONCURRENCY", "7", "worker:slots")]
    [InlineData("OSISM_WORKER__OVERFLOW_AFTER", "00:00:07", "worker:overflowafter")]
    [InlineData("OSISM_DATABASE__MAX_POOL_SIZE", "9", "database:maxpoolsize")]
    [InlineData("OSISM_RUNTIMES__KOLLA-ANSIBLE__ANSIBLE_PLAYBOOK", "/x", "runtimes:kolla-ansible:ansibleplaybook")]
    public void Each_variable_sets_what_it_is_named_for(string variable, string value, string key)
    {
        _environment[variable] = value;

        Assert.Equal(value, Read().Values[key]);
    }

    [Fact]
    public void A_setting_by_its_full_name_is_before_the_variable_with_a_name_of_its_own()
    {
        _environment["OSISM_CELERY_CONCURRENCY"] = "7";
        _environment["OSISM_WORKER__SLOTS"] = "8";

        Assert.Equal("8", Read().Values["worker:slots"]);
    }

    [Fact]
    public void Empty_variables_and_keys_without_a_value_leave_the_default()
    {
        File.WriteAllText(HomeFile, "worker:\n  slots:\napi:\n");
        _environment["OSISM_LISTEN"] = "";

        Assert.Empty(Read().Values);
    }

    [Fact]
    public void The_home_decides_where_everything_is_and_roles_come_from_the_option_first()
    {
        _environment["OSISM_ROLES"] = "worker:netbox";

        Assert.Equal(_folder["home"], Read().Home.Root);
        Assert.Equal(["worker:netbox"], Read().Roles.Names);
        Assert.Equal(["api"], DaemonSettings.Of("api", _environment, MachineFile).Roles.Names);
    }

    [Fact]
    public void Without_a_home_an_ordinary_user_gets_one_below_his_data_folder_and_root_the_systems()
    {
        var settings = DaemonSettings.Of(null, new Dictionary<string, string>(StringComparer.Ordinal) { ["XDG_DATA_HOME"] = "/data" }, MachineFile);

        Assert.Equal(Osism.Daemon.Platform.Processes.Posix.IsRoot ? "/var/lib/osism" : "/data/osism", settings.Home.Root);
    }

    [Theory]
    [InlineData(null, "/home/ada", "/home/ada/.local/share/osism")]
    [InlineData("/data", "/home/ada", "/data/osism")]
    [InlineData("data", "/home/ada", "/home/ada/.local/share/osism")]
    [InlineData("", "/home/ada", "/home/ada/.local/share/osism")]
    public void Manager_and_client_of_an_ordinary_user_have_the_same_home(string? data, string user, string expected)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = user };
        if (data is not null)
        {
            environment["XDG_DATA_HOME"] = data;
        }

        Assert.Equal(expected, DaemonSettings.DefaultHome(environment, isRoot: false));
        Assert.Equal(expected, Osism.Cli.Api.ManagerAddress.Homes(CliEnvironment.Of(environment.GetValueOrDefault, isRoot: false))[0]);
    }

    [Theory]
    [InlineData("worker:\n  slots: [1\n", 3)]
    [InlineData("worker:\n  slots: 1\n  slots: 2\n", 3)]
    [InlineData("worker:\n  [a, b]: 1\n", 2)]
    [InlineData("- worker\n", 1)]
    [InlineData("# a comment\nworker: 4\n", 2)]
    [InlineData("nothing\n", 1)]
    public void A_broken_file_is_named_with_its_line(string text, int line)
    {
        File.WriteAllText(HomeFile, text);

        var refused = Assert.Throws<OsismException>(Read);

        Assert.Equal((ErrorCodes.SettingsInvalid, HomeFile, line), (refused.Code, refused.File, refused.Line));
        Assert.StartsWith($"{HomeFile}:{line}: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_bad_settings_are_named_at_once_also_those_that_are_no_numbers()
    {
        await File.WriteAllTextAsync(
            HomeFile, "worker:\n  slots: 0\n  lease: 00:00:01\nspool:\n  minimum_free_bytes: much\nssh:\n  alive_count: 1000\napi:\n  listen: here\nruntimes:\n  kolla-ansible:\n    path: here\n",
            TestContext.Current.CancellationToken);
        _environment["OSISM_CONFIGURATION"] = "pod";
        _environment["OSISM_SPOOL__NAMESPACE"] = "perhaps";
        await using var app = DaemonApplication.Build(Read());

        var refused = Assert.Throws<OptionsValidationException>(() => SettingsCheck.Validate(app.Services));

        Assert.Equal(
            [
                $"api.listen is 'here' ({HomeFile}:9): it must be ADDRESS:PORT, such as 127.0.0.1:8000 or [::1]:8000, or none.",
                "configuration.path is 'pod' (OSISM_CONFIGURATION): it must be an absolute path",
                $"runtimes.kolla-ansible.path ({HomeFile}:12) must be an absolute path",
                $"spool.minimum_free_bytes is 'much' ({HomeFile}:5): it must be a whole number",
                $"spool.namespace is 'perhaps' (OSISM_SPOOL__NAMESPACE): it must be true or false",
                $"ssh.alive_count is '1000' ({HomeFile}:7): it must be 1 to 100",
                $"worker.lease is '00:00:01' ({HomeFile}:3): it must be 00:00:03 to 00:10:00",
                $"worker.slots is '0' ({HomeFile}:2): it must be 1 to 256",
            ],
            refused.Failures.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1:8000", "127.0.0.1:8000")]
    [InlineData("0.0.0.0:65535", "0.0.0.0:65535")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("none", null)]
    [InlineData("127.0.0.1", "bad")]
    [InlineData("127.0.0.1:65536", "bad")]
    [InlineData("999.0.0.1:80", "bad")]
    [InlineData("1:80", "bad")]
    [InlineData("::1:80", "bad")]
    [InlineData("localhost:80", "bad")]
    [InlineData(":80", "bad")]
    public void An_address_to_listen_on_is_read_or_refused(string text, string? expected)
    {
        var options = new ApiOptions { Listen = text };

        var isBad = new ApiOptionsValidator().Validate(null, options).Failed;

        Assert.Equal(expected, isBad ? "bad" : options.ToEndPoint()?.ToString());
    }

    [Fact]
    public void Every_section_of_settings_is_looked_at_before_the_start()
    {
        var sections = typeof(WorkerOptions).Assembly.GetTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal))
            .Select(type => type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string).OfType<string>();

        Assert.Equal(sections.Where(section => section != TestOptions.Section).Order(StringComparer.Ordinal), SettingsCheck.Sections.Select(section => section.Section).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Settings_reach_the_options_they_are_for()
    {
        await File.WriteAllTextAsync(
            HomeFile, "worker:\n  overflow_after: 00:00:42\ndatabase:\n  max_pool_size: 11\n", TestContext.Current.CancellationToken);
        await using var app = DaemonApplication.Build(Read());

        Assert.Equal(TimeSpan.FromSeconds(42), app.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.OverflowAfter);
        Assert.Equal(11, app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value.MaxPoolSize);
    }

    private DaemonSettings Read() => DaemonSettings.Of(null, _environment, MachineFile);
}
