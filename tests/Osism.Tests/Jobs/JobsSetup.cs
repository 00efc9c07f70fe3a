using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Jobs;

/// <summary>The job engine without its worker, on a database and a home of its own: the tests play the workers.</summary>
internal sealed class JobsSetup : IAsyncDisposable
{
    public const string Queue = "conductor";

    private readonly TempFolder _folder = new();
    private readonly TestDatabase _database;
    private readonly ServiceProvider _services;

    private JobsSetup(TestDatabase database)
    {
        _database = database;
        Home = new OsismHome(_folder["home"]);
        Directory.CreateDirectory(Home.Spool);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["spool:namespace"] = "false",
            ["worker:interruptgrace"] = "00:00:15",
        }).Build());
        services.AddSingleton(TimeProvider.System).AddSingleton(Home).AddSingleton(database.Source);
        services.AddSingleton(new RunUser(UnixUser.Current.Name, UnixUser.Current.Home, IsOther: false));
        services.AddSingleton<SealKeyFile>().AddSingleton<Sealer>();
        services.AddSingleton<LockStore>();
        services.AddSingleton(DaemonInstance.Current).AddSingleton<Osism.Daemon.Platform.Database.Leadership>();
        services.AddRecording();
        services.AddJobs(new WorkerQueues([]));
        _services = services.BuildServiceProvider();
    }

    public OsismHome Home { get; }

    public IServiceProvider Services => _services;

    public NpgsqlDataSource Database => _database.Source;

    public string ConnectionString => _database.ConnectionString;

    public JobStore Store => Get<JobStore>();

    public OutputStore Output => Get<OutputStore>();

    public LockStore Locks => Get<LockStore>();

    public WorkerRegistry Registry => Get<WorkerRegistry>();

    public static async Task<JobsSetup> CreateAsync() => new(await TestDatabase.CreateAsync(TestContext.Current.CancellationToken));

    public static WorkerIdentity Worker(string name, string machine = "here") => new(
        Guid.CreateVersion7(), name, machine, ProcessIdentity.CurrentBoot, ProcessIdentity.Current.Pid, ProcessIdentity.Current.StartTime);

    public static Job Draft(string queue = Queue) => new()
    {
        Id = Guid.CreateVersion7(),
        Kind = JobKinds.Noop,
        Queue = queue,
        Touches = [],
        SubmittedBy = "ada",
    };

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Submits one draft.</summary>
    public async Task<Job> SubmitAsync(Job draft) => (await Store.SubmitAsync([draft], Token))[0];

    public Task<Job> SubmitAsync() => SubmitAsync(Draft());

    /// <summary>Submits and claims one, which must be the only one ready.</summary>
    public async Task<Job> ClaimedAsync(WorkerIdentity worker, Job? draft = null)
    {
        var job = await SubmitAsync(draft ?? Draft());
        var claimed = Assert.Single(await Store.ClaimAsync(worker, job.Queue, 1, Token));
        Assert.Equal(job.Id, claimed.Id);
        return claimed;
    }

    /// <summary>Submits, claims and marks one as running.</summary>
    public async Task<Job> RunningAsync(WorkerIdentity worker, Job? draft = null)
    {
        var job = await ClaimedAsync(worker, draft);
        return (await Store.ChangeAsync(job.Id, job.Attempt, worker.Name, (j, at) => j.Run(at), Token))!;
    }

    public Task<Job?> EndAsync(Job job, JobState state) => Store.ChangeAsync(
        job.Id, job.Attempt, "test", (j, at) => j.End(state, new ReasonInfo(ErrorCodes.RunFailed.Code, "by the test"), at), Token);

    public Task<Job?> CancelAsync(Job job) => Store.ChangeAsync(job.Id, null, "grace", (j, at) => j.Cancel("grace", at), Token);

    public async Task<Job> GetAsync(Guid id) => await Store.FindAsync(id, Token) ?? throw new InvalidOperationException($"There is no job {id}.");

    public Task<Job> GetAsync(Job job) => GetAsync(job.Id);

    public async Task<IReadOnlyList<Job>> AllAsync() => await QueryAsync<Job>($"select {JobStore.Columns} from job order by seq");

    public async Task<IReadOnlyList<string>> HistoryAsync(Job job) => await QueryAsync<string>(
        "select event from job_history where job_id = @Id order by id", new { job.Id });

    /// <summary>Replaces the clock the engine trusts; null gives the real one back.</summary>
    public async Task SetNowAsync(DateTimeOffset? now) => await ExecuteAsync(
        $"create or replace function osism_now() returns timestamptz language sql volatile as $$ select {(now is null ? "clock_timestamp()" : $"timestamptz '{now:O}'")} $$");

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    public async Task<List<T>> QueryAsync<T>(string sql, object? values = null)
    {
        await using var connection = await Database.OpenConnectionAsync(Token);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, values, cancellationToken: Token))).AsList();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
