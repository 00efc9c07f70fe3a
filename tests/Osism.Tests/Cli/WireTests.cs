using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Osism.Cli.Api;
using Osism.Cli.Collections;
using Osism.Cli.Configuration;
using Osism.Cli.Formats;
using Osism.Cli.Inventory;
using Osism.Cli.Jobs;
using Osism.Cli.Locks;
using Osism.Cli.Notifications;
using Osism.Cli.Schedules;
using Osism.Cli.Services;
using Osism.Cli.Status;
using Osism.Cli.Vault;
using Osism.Cli.Workers;
using Osism.Contracts;
using Osism.Contracts.Configuration;
using Osism.Contracts.Inventory;
using Osism.Contracts.Jobs;
using Osism.Contracts.Locks;
using Osism.Contracts.Schedules;
using Osism.Contracts.Services;
using Osism.Contracts.Vault;

namespace Osism.Tests.Cli;

/// <summary>The CLI reads and writes wire types by hand; the generated context of Contracts is the arbiter, on every field.</summary>
public sealed class WireTests
{
    [Fact]
    public void Jobs_are_read_as_the_context_reads_them() => Same(OsismJson.Default.JobInfo, JobJson.Read);

    [Fact]
    public void Collections_and_their_runs_are_read_as_the_context_reads_them()
    {
        Same(OsismJson.Default.CollectionInfo, CollectionJson.Read);
        Same(OsismJson.Default.CollectionRunInfo, CollectionJson.ReadRun);
    }

    [Fact]
    public void Plans_are_read_as_the_context_reads_them() => Same(OsismJson.Default.RunPlanInfo, RunPlanJson.Read);

    [Fact]
    public void Vault_contents_are_read_as_the_context_reads_them() => Same(OsismJson.Default.VaultContent, VaultJson.ReadContent);

    [Fact]
    public void Vault_checks_are_read_as_the_context_reads_them() => Same(OsismJson.Default.VaultCheck, VaultJson.ReadCheck);

    [Fact]
    public void Locks_are_read_as_the_context_reads_them()
    {
        Same(OsismJson.Default.LockInfo, LockJson.Read);
        Same(OsismJson.Default.ReleasedLocks, LockJson.ReadReleased);
    }

    [Fact]
    public void Plans_of_services_are_read_as_the_context_reads_them() => Same(OsismJson.Default.ServicePlanInfo, ServicesJson.ReadPlan);

    [Fact]
    public void Problems_of_the_services_are_read_as_the_context_reads_them()
    {
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(Sample<ServicePage>(), OsismJson.Default.ServicePage));
        Assert.Equal(Sample<ServicePage>().Problems, document.RootElement.List("problems", ServicesJson.ReadProblem));
    }

    [Fact]
    public void Problems_of_the_schedules_are_read_as_the_context_reads_them()
    {
        var page = JsonSerializer.Serialize(Sample<SchedulePage>(), OsismJson.Default.SchedulePage);
        using var document = JsonDocument.Parse(page);
        Assert.Equal(Sample<SchedulePage>().Problems, document.RootElement.List("problems", ScheduleJson.ReadProblem));
    }

    [Fact]
    public void Problems_are_read_as_the_context_reads_them() => Same(OsismJson.Default.ProblemInfo, ProblemJson.Read);

    [Fact]
    public void Submissions_are_written_as_the_context_writes_them()
    {
        Same(OsismJson.Default.SubmitJob, JobJson.Write, Sample<SubmitJob>());
        Same(OsismJson.Default.SubmitJob, JobJson.Write, new SubmitJob());
        Same(OsismJson.Default.SubmitChain, JobJson.Write, Sample<SubmitChain>());
    }

    [Fact]
    public void What_else_is_sent_is_written_as_the_context_writes_it()
    {
        Same(OsismJson.Default.PlaceLock, LockJson.Write, Sample<PlaceLock>());
        Same(OsismJson.Default.PlaceLock, LockJson.Write, new PlaceLock());
        Same(OsismJson.Default.RerunJob, JobJson.Write, Sample<RerunJob>());
        Same(OsismJson.Default.RerunJob, JobJson.Write, new RerunJob());
        Same(OsismJson.Default.ForgetJob, JobJson.Write, Sample<ForgetJob>());
        Same(OsismJson.Default.CancelJob, JobJson.Write, Sample<CancelJob>());
        Same(OsismJson.Default.CancelJob, JobJson.Write, new CancelJob(null));
        Same(OsismJson.Default.InventoryQuery, InventoryJson.Write, Sample<InventoryQuery>());
        Same(OsismJson.Default.SyncConfiguration, SyncConfigurationCommand.Write, Sample<SyncConfiguration>());
        Same(OsismJson.Default.ReconcileInventory, RevisionCommands.Write, Sample<ReconcileInventory>());
        Same(OsismJson.Default.ExplainVariables, InventoryJson.Write, Sample<ExplainVariables>());
        Same(OsismJson.Default.ExplainVariables, InventoryJson.Write, new ExplainVariables("x", null));
        Same(OsismJson.Default.PlanServices, ServicesJson.Write, Sample<PlanServices>());
        Same(OsismJson.Default.PlanServices, ServicesJson.Write, new PlanServices());
        Same(OsismJson.Default.PruneJobs, JobJson.Write, Sample<PruneJobs>());
        Same(OsismJson.Default.PauseSchedule, ScheduleJson.Write, Sample<PauseSchedule>());
        Same(OsismJson.Default.PauseSchedule, ScheduleJson.Write, new PauseSchedule(null));
        Same(OsismJson.Default.VaultFile, VaultJson.Write, Sample<VaultFile>());
        Same(OsismJson.Default.SetVaultPassword, VaultJson.Write, new SetVaultPassword("ünï\"\\\u0001"));
    }

    [Fact]
    public void Every_column_of_every_listing_finds_its_field()
    {
        Shown(OsismJson.Default.JobInfo, TaskListCommand.Columns);
        Shown(OsismJson.Default.JobHistoryInfo, TaskShowCommand.HistoryColumns);
        Shown(OsismJson.Default.JobHostInfo, TaskShowCommand.HostColumns);
        Shown(OsismJson.Default.LockInfo, LockStatusCommand.Columns);
        Shown(OsismJson.Default.RoleInfo, ApplyCommand.RoleColumns);
        Shown(OsismJson.Default.RuntimeInfo, RuntimeListCommand.Columns);
        Shown(OsismJson.Default.RuntimeInfo, RuntimeListCommand.VersionColumns);
        Shown(OsismJson.Default.ComponentInfo, StatusCommand.Columns);
        Shown(OsismJson.Default.CollectionInfo, CollectionListCommand.Columns);
        Shown(OsismJson.Default.CollectionRunInfo, CollectionStatusCommand.RunColumns);
        Shown(OsismJson.Default.CollectionRunNodeInfo, CollectionStatusCommand.NodeColumns);
        Shown(OsismJson.Default.ServiceInfo, ServicesListCommand.Columns);
        Shown(OsismJson.Default.ServiceHealthInfo, ServicesHealthCommand.Columns);
        Shown(OsismJson.Default.ServiceVersionInfo, ServicesVersionsCommand.Columns);
        Shown(OsismJson.Default.ReceiverInfo, NotificationCommands.Columns);
        Shown(OsismJson.Default.ScheduleInfo, ScheduleCommands.Columns);
        Shown(OsismJson.Default.ScheduleTimeInfo, ScheduleCommands.NextColumns);
        Shown(OsismJson.Default.ScheduleOccurrenceInfo, ScheduleCommands.HistoryColumns);
        Shown(OsismJson.Default.VariableOriginInfo, GetHostvarsCommand.OriginColumns);
        Shown(OsismJson.Default.InventoryFindingInfo, InventoryLintCommand.Columns);
        Shown(OsismJson.Default.InventoryHitInfo, InventorySearchCommand.Columns);
        Shown(OsismJson.Default.WorkerInfo, WorkerColumns.All);
        Shown(OsismJson.Default.WorkerJobInfo, WorkerColumns.Jobs);
    }

    [Fact]
    public void A_state_of_a_newer_manager_is_not_taken_for_an_end()
    {
        var json = JsonSerializer.Serialize(Sample<JobInfo>(), OsismJson.Default.JobInfo).Replace("\"timed_out\"", "\"pondering\"", StringComparison.Ordinal);

        using var document = JsonDocument.Parse(json);
        Assert.False(JobJson.Read(document.RootElement).State.IsTerminal());
    }

    [Fact]
    public void Every_state_has_a_name_that_leads_back_to_it() =>
        Assert.All(Enum.GetValues<JobState>(), state => Assert.Equal(state, JobStates.FromWireName(state.ToWireName())));

    private static void Shown<T>(JsonTypeInfo<T> type, Column[] columns)
    {
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(Sample<T>(), type));
        Assert.All(columns, column => Assert.False(string.IsNullOrEmpty(column.Text(document.RootElement)), column.Title));
        Assert.All(columns, column => column.Colour?.Invoke(document.RootElement));
    }

    private static void Same<T>(JsonTypeInfo<T> type, Func<JsonElement, T> read)
        where T : class
    {
        var expected = JsonSerializer.Serialize(Sample<T>(), type);
        using var document = JsonDocument.Parse(expected);

        Assert.Equal(expected, JsonSerializer.Serialize(read(document.RootElement), type));
    }

    private static void Same<T>(JsonTypeInfo<T> type, Action<Utf8JsonWriter, T> write, T value)
    {
        using var written = new MemoryStream();
        using (var json = new Utf8JsonWriter(written))
            write(json, value);

        Assert.Equal(JsonSerializer.Serialize(value, type), Encoding.UTF8.GetString(written.ToArray()));
    }

    /// <summary>A value in which every field differs from its default, so that a field that is forgotten is seen.</summary>
    private static T Sample<T>() => (T)Sample(typeof(T), "x");

    private static object Sample(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return name;
        if (type == typeof(bool))
            return true;
        if (type == typeof(int))
            return name.Length;
        if (type == typeof(double))
            return name.Length + 0.5;
        if (type == typeof(long))
            return 5_000_000_000 + name.Length;
        if (type == typeof(Guid))
            return new Guid(name.Length, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000 + name.Length + 0.25);
        if (type == typeof(JsonElement))
            return JsonSerializer.SerializeToElement(name, OsismJson.Default.String);
        if (type == typeof(JobState))
            return JobState.TimedOut;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return new Dictionary<string, string>(StringComparer.Ordinal) { ["A_b"] = "c", ["d"] = "" };
        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(type.GetGenericArguments()))!;
            list.Add(Sample(type.GetGenericArguments()[0], name + "1"));
            list.Add(Sample(type.GetGenericArguments()[0], name + "22"));
            return list;
        }

        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length)
            .First(candidate => candidate.GetParameters() is not [{ } only] || only.ParameterType != type);
        var made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, parameter.Name!))]);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite))
            property.SetValue(made, Sample(property.PropertyType, property.Name));
        return made;
    }
}
