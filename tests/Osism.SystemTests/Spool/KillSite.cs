using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary>A manager, its database, and beside it a process that is a worker only: each can be killed and frozen by itself.</summary>
/// <remarks>A script of ours stands where <c>ansible-playbook</c> stands: what is killed here is a process, and it does not matter which.</remarks>
public sealed class KillSite : IAsyncLifetime
{
    /// <summary>Lines that the script writes before it waits, and after.</summary>
    public const int Half = 200;

    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
    private const string Worker = "worker:osism-ansible";

    /// <summary>Plays the same role but has another name, so that both can run.</summary>
    private const string Standby = "worker:osism-ansible,worker:netbox";

    // It says that it was started before it does anything else: a second start of a job is a second line.
    private const string Script = """
        #!/bin/sh
        for word; do
            case $word in cell=*) cell=${word#cell=} ;; esac
        done
        echo "$OSISM_ATTEMPT.$$" >>"$cell.starts"
        number=0
        count() { while [ $number -lt "$1" ]; do number=$((number + 1)); echo "line-$number-end"; done; }
        count 200
        : >"$cell.began"
        until [ -e "$cell.go" ]; do sleep 0.05; done
        count 400
        : >"$cell.said"
        until [ -e "$cell.leave" ]; do sleep 0.05; done
        """;

    /// <summary>Further settings and variables of all its processes; they go before those of this class.</summary>
    public IReadOnlyDictionary<string, string> Further { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    private static readonly TimeSpan ReadyWithin = Bounds.Long;
    private readonly TempFolder _folder = new();
    private ConfigurationPod _pod = null!;

    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(5);

    public Daemon Daemon { get; private set; } = null!;

    public RoleProcess? First { get; private set; }

    /// <summary>Takes the jobs over that the first one does not keep; null unless a test started it.</summary>
    public RoleProcess? Second { get; private set; }

    /// <summary>What the script is told for a job, and where it leaves its marks.</summary>
    public string PathOf(string cell) => Path.Combine(_folder["marks"], cell);

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(_folder["marks"]);
        File.SetUnixFileMode(_folder["marks"], Everybody);
        await File.WriteAllTextAsync(_folder["playbook"], Script, token);
        File.SetUnixFileMode(_folder["playbook"], (UnixFileMode)0b111_101_101);
        _pod = await ConfigurationPod.CreateAsync(lab: null, encrypted: false, token);
        foreach (var phase in KillCell.Phases)
        {
            await _pod.PlayAsync(KillCell.RoleOf(phase), "- hosts: localhost\n", token);
        }

        // Whatever holds the first run of a role must let the second one go.
        await _pod.WriteAsync("environments/policies.yml", "locks:\n  - environment: custom\n", token);
        await _pod.CommitAsync("Add the plays of the tests", token);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_ROLES"] = "api,console,beat,listener,watchdog,reconciler",
            ["OSISM_RUNTIMES__OSISM_ANSIBLE__ANSIBLE_PLAYBOOK"] = _folder["playbook"],
            // The queued job of a test is the one for which there is no slot.
            ["OSISM_WORKER__SLOTS"] = $"{KillCell.Phases.Count - 1}",
            ["OSISM_WORKER__OVERFLOW_SLOTS"] = "0",
            ["OSISM_WORKER__LEASE"] = $"{Lease}",
            ["OSISM_WORKER__HEARTBEAT"] = "00:00:00.5",
            ["OSISM_WORKER__INTERRUPT_GRACE"] = "00:00:01",
            ["OSISM_WORKER__TERMINATE_GRACE"] = "00:00:01",
        };
        foreach (var (name, value) in Further)
        {
            settings[name] = value;
        }

        Daemon = await Daemon.StartAsync(_pod.Path, settings, token);
    }

    /// <summary>Submits a run of the script.</summary>
    /// <param name="phase">Whose role and lock key it has.</param>
    /// <param name="cell">Begins the names of its marks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Guid> SubmitAsync(string phase, string cell, CancellationToken cancellationToken)
    {
        using var answer = await Daemon.Http.PostAsJsonAsync(
            new Uri(ApiRoutes.Jobs, UriKind.Relative),
            new SubmitJob { Role = KillCell.RoleOf(phase), Environment = "custom", Arguments = ["-e", $"cell={PathOf(cell)}"] },
            OsismJson.Default.SubmitJob, cancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        return (await answer.Content.ReadFromJsonAsync(OsismJson.Default.JobInfo, cancellationToken))!.Id;
    }

    /// <summary>Lets the script go on to its end.</summary>
    public void Open(string cell)
    {
        File.WriteAllText($"{PathOf(cell)}.go", "");
        File.WriteAllText($"{PathOf(cell)}.leave", "");
    }

    /// <summary>Waits until the script comes to where it waits.</summary>
    public Task BeganAsync(string cell, CancellationToken cancellationToken) =>
        Eventually.TrueAsync($"{cell}: the command began", () => File.Exists($"{PathOf(cell)}.began"), ReadyWithin, cancellationToken);

    /// <summary>Everything runs, one worker only, and no failpoint is armed, whatever the test before did.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        Daemon.Failpoints.Clear();
        if (!Daemon.IsRunning)
        {
            await Daemon.StartAsync(cancellationToken);
        }

        foreach (var process in new[] { First, Second })
        {
            if (process is { HasExited: false })
            {
                await Signals.SendAsync(process.Id, "CONT", cancellationToken);
                await process.KillAsync(cancellationToken);
            }

            process?.Dispose();
        }

        (First, Second) = (null, null);
        await StartWorkerAsync(cancellationToken);
    }

    public async Task StartWorkerAsync(CancellationToken cancellationToken)
    {
        First = Daemon.StartBeside(Checkout.Daemon, "--roles", Worker);
        await UpAsync(First, cancellationToken);
    }

    public async Task StartSecondWorkerAsync(CancellationToken cancellationToken)
    {
        Second = Daemon.StartBeside(Checkout.Daemon, "--roles", Standby);
        await UpAsync(Second, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        First?.Dispose();
        Second?.Dispose();
        await Daemon.DisposeAsync();
        _pod.Dispose();
        _folder.Dispose();
    }

    private async Task UpAsync(RoleProcess process, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync(
                $"worker {process.Id} is up",
                async token => (await Daemon.GetAsync(ApiRoutes.Workers, OsismJson.Default.PageWorkerInfo, token)).Items
                    .Any(worker => worker.Pid == process.Id && worker.State == "up"),
                ReadyWithin, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Daemon.Log}", e);
        }
    }
}
