using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>Three nodes, an sshd of the manager itself, their pod and a manager, for the tests of one collection.</summary>
public sealed class SiteFixture : IAsyncLifetime
{
    private const UnixFileMode Everybody =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly TempFolder _folder = new();

    public NodeLab Lab { get; private set; } = null!;

    public ConfigurationPod Pod { get; private set; } = null!;

    public Daemon Daemon { get; private set; } = null!;

    public Cli Cli => Daemon.Cli;

    /// <summary>A folder of the manager in which plays and tests leave each other files.</summary>
    public string Marks => _folder["marks"];

    /// <summary>Settings of all managers of tests: nobody waits long for what ignores a signal.</summary>
    public static Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["OSISM_WORKER__SLOTS"] = "4",
        ["OSISM_WORKER__INTERRUPT_GRACE"] = "00:00:02",
        ["OSISM_WORKER__TERMINATE_GRACE"] = "00:00:01",
    };

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(Marks);
        File.SetUnixFileMode(Marks, Everybody);
        var home = new TempFolder();
        Lab = await NodeLab.StartAsync(3, [$"OSISM_HOME={Testing.Daemon.HomeIn(home)}"], token);
        Pod = await ConfigurationPod.CreateAsync(Lab, encrypted: true, token);
        foreach (var (role, yaml) in Plays.All)
        {
            await Pod.PlayAsync(role, yaml, token);
        }

        await Pod.CommitAsync("Add the plays of the tests", token);
        Daemon = await Site.StartManagerAsync(home, Pod, Settings, token);
    }

    /// <summary>The shared manager, running and with no failpoint armed, whatever the test before it did.</summary>
    public async Task<Daemon> ReadyAsync(CancellationToken cancellationToken)
    {
        Daemon.Failpoints.Clear();
        if (!Daemon.IsRunning)
        {
            await Daemon.StartAsync(cancellationToken);
        }

        return Daemon;
    }

    /// <summary>A manager of its own for one test, on the shared pod.</summary>
    public Task<Daemon> StartManagerAsync(CancellationToken cancellationToken, params (string Name, string Value)[] settings)
    {
        var all = Settings;
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return Site.StartManagerAsync(new TempFolder(), Pod, all, cancellationToken);
    }

    /// <summary>A name for one run of <c>hold</c> or <c>traces</c>.</summary>
    public HeldRun Hold() => new($"run-{Guid.NewGuid():N}"[..12], Marks);

    public async ValueTask DisposeAsync()
    {
        if (Daemon is not null)
        {
            await Daemon.DisposeAsync();
        }

        Pod?.Dispose();
        if (Lab is not null)
        {
            await Lab.DisposeAsync();
        }

        _folder.Dispose();
    }
}
