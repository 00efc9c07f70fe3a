using System.Text.Json;
using System.Text.Json.Serialization;
using Osism.Contracts.Collections;
using Osism.Contracts.Configuration;
using Osism.Contracts.Facts;
using Osism.Contracts.Inventory;
using Osism.Contracts.Jobs;
using Osism.Contracts.Locks;
using Osism.Contracts.Notifications;
using Osism.Contracts.Recording;
using Osism.Contracts.Runs;
using Osism.Contracts.Schedules;
using Osism.Contracts.Services;
using Osism.Contracts.Status;
using Osism.Contracts.Vault;

namespace Osism.Contracts;

/// <summary>The one JSON form of our own API: snake_case names, nulls written, enums by their wire names.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    NumberHandling = JsonNumberHandling.Strict,
    WriteIndented = false)]
[JsonSerializable(typeof(JobInfo))]
[JsonSerializable(typeof(List<JobInfo>))]
[JsonSerializable(typeof(Page<JobInfo>))]
[JsonSerializable(typeof(Page<JobHostInfo>))]
[JsonSerializable(typeof(List<JobHostInfo>))]
[JsonSerializable(typeof(Page<JobHistoryInfo>))]
[JsonSerializable(typeof(List<JobHistoryInfo>))]
[JsonSerializable(typeof(SubmitJob))]
[JsonSerializable(typeof(SubmitChain))]
[JsonSerializable(typeof(CancelJob))]
[JsonSerializable(typeof(RerunJob))]
[JsonSerializable(typeof(ForgetJob))]
[JsonSerializable(typeof(LockInfo))]
[JsonSerializable(typeof(Page<LockInfo>))]
[JsonSerializable(typeof(PlaceLock))]
[JsonSerializable(typeof(ReleasedLocks))]
[JsonSerializable(typeof(CollectionInfo))]
[JsonSerializable(typeof(Page<CollectionInfo>))]
[JsonSerializable(typeof(CollectionRunInfo))]
[JsonSerializable(typeof(Page<CollectionRunInfo>))]
[JsonSerializable(typeof(CollectionRunNodeInfo))]
[JsonSerializable(typeof(ProblemInfo))]
[JsonSerializable(typeof(RunPlanInfo))]
[JsonSerializable(typeof(RoleInfo))]
[JsonSerializable(typeof(Page<RuntimeInfo>))]
[JsonSerializable(typeof(Page<RoleInfo>))]
[JsonSerializable(typeof(List<RoleInfo>))]
[JsonSerializable(typeof(VaultInfo))]
[JsonSerializable(typeof(SetVaultPassword))]
[JsonSerializable(typeof(InventoryQuery))]
[JsonSerializable(typeof(InventoryHostsInfo))]
[JsonSerializable(typeof(HostVariablesInfo))]
[JsonSerializable(typeof(HostVariableInfo))]
[JsonSerializable(typeof(VariableSearchInfo))]
[JsonSerializable(typeof(ExplainVariables))]
[JsonSerializable(typeof(Page<VariableOriginInfo>))]
[JsonSerializable(typeof(Page<InventoryHitInfo>))]
[JsonSerializable(typeof(Page<InventoryFindingInfo>))]
[JsonSerializable(typeof(InventoryRevisionInfo))]
[JsonSerializable(typeof(Page<InventoryRevisionInfo>))]
[JsonSerializable(typeof(InventoryDiffInfo))]
[JsonSerializable(typeof(ReconcileInfo))]
[JsonSerializable(typeof(List<InventoryFindingInfo>))]
[JsonSerializable(typeof(SyncConfiguration))]
[JsonSerializable(typeof(ReconcileInventory))]
[JsonSerializable(typeof(SyncInfo))]
[JsonSerializable(typeof(VaultFile))]
[JsonSerializable(typeof(VaultContent))]
[JsonSerializable(typeof(VaultCheck))]
[JsonSerializable(typeof(StatusInfo))]
[JsonSerializable(typeof(HealthInfo))]
[JsonSerializable(typeof(PruneJobs))]
[JsonSerializable(typeof(PruneInfo))]
[JsonSerializable(typeof(Page<ReceiverInfo>))]
[JsonSerializable(typeof(SchedulePage))]
[JsonSerializable(typeof(ScheduleInfo))]
[JsonSerializable(typeof(Page<ScheduleTimeInfo>))]
[JsonSerializable(typeof(Page<ScheduleOccurrenceInfo>))]
[JsonSerializable(typeof(ServicePage))]
[JsonSerializable(typeof(ServiceInfo))]
[JsonSerializable(typeof(Page<ServiceHealthInfo>))]
[JsonSerializable(typeof(Page<ServiceVersionInfo>))]
[JsonSerializable(typeof(PlanServices))]
[JsonSerializable(typeof(ServicePlanInfo))]
[JsonSerializable(typeof(PauseSchedule))]
[JsonSerializable(typeof(Page<WorkerInfo>))]
[JsonSerializable(typeof(List<WorkerInfo>))]
[JsonSerializable(typeof(JoinTokenInfo))]
[JsonSerializable(typeof(HostFactsInfo))]
[JsonSerializable(typeof(FactQuery))]
[JsonSerializable(typeof(Page<FactAgeInfo>))]
[JsonSerializable(typeof(Page<FoundFactInfo>))]
[JsonSerializable(typeof(Page<FactDifferenceInfo>))]
[JsonSerializable(typeof(Page<FactVersionInfo>))]
[JsonSerializable(typeof(ResetFacts))]
[JsonSerializable(typeof(ResetFactsInfo))]
[JsonSerializable(typeof(Page<HostStateInfo>))]
[JsonSerializable(typeof(CachedFactsInfo))]
[JsonSerializable(typeof(CachedFactInfo))]
[JsonSerializable(typeof(ResultInfo))]
[JsonSerializable(typeof(Page<ResultInfo>))]
[JsonSerializable(typeof(ResultDetailInfo))]
[JsonSerializable(typeof(Page<RecordedHostInfo>))]
[JsonSerializable(typeof(Page<HostRunInfo>))]
[JsonSerializable(typeof(MatrixInfo))]
[JsonSerializable(typeof(TimingInfo))]
[JsonSerializable(typeof(SearchPage))]
[JsonSerializable(typeof(CompareInfo))]
[JsonSerializable(typeof(Page<FileDiffInfo>))]
public sealed partial class OsismJson : JsonSerializerContext;
