using System.Text.Json;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Inventory;

/// <summary>The one way to the inventory of now: looks at the sources, publishes what became of them, and gives what is in effect.</summary>
/// <remarks>
/// While nothing in the sources changed, the last answer stands: the kernel is asked whether anything happened, from time to time the stamps of folders and files are
/// compared, no file is read and the database is not asked.
/// Only one at a time looks, in this process and among those of this home; who waited meanwhile takes what was found. A revision is a row first, then a folder
/// that appears by one rename, then what <c>current</c> leads to; dying in between leaves the earlier revision in effect and a row or folder that is found again.
/// Sources that are broken leave the last good revision in effect.
/// </remarks>
internal sealed partial class InventorySnapshots(
    ConfigurationRepository repository, InventoryLayers layers, Reconciler reconciler, InventoryRevisions revisions, RevisionFolders folders, RevisionSecrets secrets,
    OsismHome home, Failpoints failpoints, TimeProvider time, ILogger<InventorySnapshots> log) : IDisposable
{
    // A folder that changes while it is read is read again; after this many times it is taken as it is.
    private const int ReadAttempts = 3;

    // Well within what a revision is kept without being used.
    private static readonly TimeSpan AskAgain = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly QuietSources _sources = new(layers, time);
    private Known? _last;

    /// <summary>Told after the revision in effect changed, or the findings.</summary>
    public event Action<InventoryState>? Changed;

    /// <summary>How many times sources were made into an inventory by this process.</summary>
    public long Runs { get; private set; }

    /// <summary>How long they took together.</summary>
    public TimeSpan TimeSpent { get; private set; }

    /// <summary>The revision this process knows to be in effect; null before it looked.</summary>
    public long? InEffect => _last?.State.Snapshot?.Revision ?? folders.Current;

    /// <summary>What this process last found; null before it looked.</summary>
    public InventoryState? Last => _last?.State;

    /// <summary>Identity of the home whose repository this is.</summary>
    public string Origin => File.Exists(home.MachineFile) ? File.ReadAllText(home.MachineFile).Trim() : home.Root;

    /// <summary>What touches this file tells all processes of this home that a revision is held, or no longer.</summary>
    private string HoldFile => Path.Combine(home.Inventory, ".hold");

    /// <summary>The revision to be used now; publishes one when the sources changed.</summary>
    /// <param name="cause">Why it was looked at, kept with a new revision.</param>
    /// <exception cref="OsismException">There is no revision yet, and what is wrong with the sources: <c>file.missing</c> without the folder; <c>yaml.broken</c>,
    /// <c>configuration.broken</c> or <c>repository.unreadable</c> for a file in it.</exception>
    public async Task<InventorySnapshot> EnsureAsync(string cause, CancellationToken cancellationToken)
    {
        var state = await LookAsync(cause, cancellationToken);
        return state.Snapshot ?? throw Reconciled.ToException(state.Made.Fault!);
    }

    /// <summary>As <see cref="EnsureAsync"/>, and says what was found.</summary>
    public async Task<InventoryState> LookAsync(string cause, CancellationToken cancellationToken)
    {
        if (IsCurrent(out var current))
            return current;
        var seen = _last;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Somebody may have looked meanwhile.
            if (!ReferenceEquals(seen, _last) && IsCurrent(out current))
                return current;
            Directory.CreateDirectory(home.Inventory);
            using var alone = await FileLock.TakeAsync(Path.Combine(home.Inventory, ".lock"), time, cancellationToken);
            return await RunAsync(cause, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc cref="RevisionFolders.UnpackAsync"/>
    public Task<string> UnpackAsync(long revision, CancellationToken cancellationToken) => folders.UnpackAsync(revision, cancellationToken);

    /// <summary>Removes what no job needs any more, from the database and from the disk.</summary>
    public async Task PruneAsync(CancellationToken cancellationToken)
    {
        var left = await revisions.PruneAsync(cancellationToken);
        folders.Prune(left, time.GetUtcNow().UtcDateTime - InventoryRevisions.Memory);
    }

    /// <summary>Puts a revision into effect instead of what the sources give.</summary>
    /// <param name="revision">Null lets go of the one that is held.</param>
    /// <param name="untilChange">Only until the sources give something else than now.</param>
    /// <exception cref="OsismException"><c>file.missing</c>: there is no such revision.</exception>
    public async Task<InventoryState> HoldAsync(long? revision, bool untilChange, string by, CancellationToken cancellationToken)
    {
        if (revision is { } wanted)
            await folders.UnpackAsync(wanted, cancellationToken);
        var now = await LookAsync(by, cancellationToken);
        await revisions.HoldAsync(Origin, revision, untilChange ? now.Made.ContentHash : null, by, cancellationToken);
        await File.WriteAllTextAsync(HoldFile, $"{revision} {Guid.NewGuid():N}\n", cancellationToken);
        _last = null;
        return await LookAsync(by, cancellationToken);
    }

    public void Dispose()
    {
        _gate.Dispose();
        _sources.Dispose();
    }

    private bool IsCurrent(out InventoryState state)
    {
        var last = _last;
        state = last?.State!;
        return last is not null && last.Read.IsSettled && time.GetElapsedTime(last.Asked) < AskAgain && last.Hold == FileStamp.Of(HoldFile)
            && (last.State.Snapshot is not { } snapshot || Directory.Exists(snapshot.Path)) && _sources.IsUnchanged(last.Read);
    }

    private async Task<InventoryState> RunAsync(string cause, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var hold = FileStamp.Of(HoldFile);
        var before = _last;
        var read = Read();
        var made = await reconciler.MakeAsync(read, cancellationToken);
        Runs++;
        var isSame = before is not null && before.State.Made.ContentHash == made.ContentHash && before.Hold == hold && before.State.Faults == FaultsOf(made)
            && before.State.Snapshot is { } known && Directory.Exists(known.Path) && time.GetElapsedTime(before.Asked) < AskAgain;
        if (isSame)
        {
            _last = before! with { Read = read };
            TimeSpent += time.GetElapsedTime(started);
            return before.State;
        }

        var state = await PublishAsync(made, cause, started, cancellationToken);
        _last = new Known(read, state, hold, started);
        TimeSpent += time.GetElapsedTime(started);
        if (before?.State.Snapshot?.Revision != state.Snapshot?.Revision || before?.State.Faults != state.Faults)
        {
            if (made.Fault is { } fault)
                Log.Broken(log, Reconciled.Describe(fault.Finding), state.Snapshot?.Revision);
            else
                Log.Published(log, state.Snapshot!.Revision, made.Hosts, made.Groups, state.DurationMs, cause);
            Changed?.Invoke(state);
        }

        return state;
    }

    private LayeredInventory Read()
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = layers.Read(_last?.Read);
            if (attempt == ReadAttempts || layers.IsUnchanged(read))
                return read;
        }
    }

    private async Task<InventoryState> PublishAsync(Reconciled made, string cause, long started, CancellationToken cancellationToken)
    {
        long? published = null;
        if (made.Fault is null)
            published = await StoreAsync(made, cause, started, cancellationToken);
        var duration = Elapsed(started);
        await revisions.SetPublishedAsync(Origin, published, made.Fault is null ? made.ContentHash : null, FaultsOf(made), cause, duration, cancellationToken);
        await failpoints.ReachAsync("inventory.decided", null, cancellationToken);
        var head = await revisions.FindHeadAsync(Origin, cancellationToken) ?? new InventoryHead();
        var state = new InventoryState(made, head, FaultsOf(made), duration);
        if ((head.Held ?? head.Published) is not { } effective)
            return state;

        var folder = await folders.UnpackAsync(effective, cancellationToken);
        folders.Point(effective);
        var isMade = effective == published;
        var snapshot = new InventorySnapshot(effective, folder, isMade ? made.ContentHash : $"revision {effective}")
        {
            SecretFiles = isMade ? made.SecretFiles : await secrets.FindAsync(effective, folder, cancellationToken),
            Stale = InventoryStale.Of(effective, head, made.Fault?.Finding),
        };
        return state with { Snapshot = snapshot };
    }

    /// <summary>Row, then folder.</summary>
    private async Task<long> StoreAsync(Reconciled made, string cause, long started, CancellationToken cancellationToken)
    {
        // A restart finds what was published before; only new content is packed and sent.
        var revision = await revisions.FindAsync(made.ContentHash, cancellationToken);
        if (revision is null)
        {
            var state = repository.DescribeAsync(null, cancellationToken);
            var archive = await InventoryArchive.PackAsync(made.Files, cancellationToken);
            var (commit, dirty, _) = await state;
            await failpoints.ReachAsync("inventory.packed", null, cancellationToken);
            revision = await revisions.AddAsync(
                new NewRevision(made.ContentHash, archive, made.Files.Count, commit, dirty, cause, made.Hosts, made.Groups, Elapsed(started), Serialize(made.Findings.Where(finding => !finding.IsBroken))),
                cancellationToken);
            await failpoints.ReachAsync("inventory.stored", null, cancellationToken);
        }

        if (_last is null)
            await folders.RepairAsync(made.Files, revision.Value, cancellationToken);
        await folders.PlaceAsync(made.Files, revision.Value, _last?.Placed, cancellationToken);
        await failpoints.ReachAsync("inventory.placed", null, cancellationToken);
        return revision.Value;
    }

    private int Elapsed(long started) => (int)time.GetElapsedTime(started).TotalMilliseconds;

    private static string FaultsOf(Reconciled made) => Serialize(made.Findings.Where(finding => finding.IsBroken));

    private static string Serialize(IEnumerable<ReconcileFinding> findings) => JsonSerializer.Serialize(RevisionInfos.Of(findings), OsismJson.Default.ListInventoryFindingInfo);

    /// <param name="Read">What was looked at.</param>
    /// <param name="State">What was made of it.</param>
    /// <param name="Hold">Stamp of <see cref="HoldFile"/>.</param>
    /// <param name="Asked">When the tables were asked: so it stays known there that somebody uses the revision.</param>
    private sealed record Known(LayeredInventory Read, InventoryState State, FileStamp? Hold, long Asked)
    {
        /// <summary>What the next revision may share files with.</summary>
        public PlacedRevision? Placed { get; } = State is { Snapshot: { Stale: null } snapshot, Made: var made }
            ? new PlacedRevision(snapshot.Revision, made.Files.ToDictionary(file => file.Name, file => file.Key, StringComparer.Ordinal))
            : null;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Inventory revision {Revision} has {Hosts} hosts in {Groups} groups ({Milliseconds} ms, {Cause})")]
        public static partial void Published(ILogger logger, long revision, int hosts, int groups, int milliseconds, string cause);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The sources of the inventory are broken, revision {Revision} stays: {Fault}")]
        public static partial void Broken(ILogger logger, string fault, long? revision);
    }
}

/// <summary>What the last look at the sources gave.</summary>
/// <param name="Made">What was made of them, published or not.</param>
/// <param name="Head">What is in effect.</param>
/// <param name="Faults">JSON of what is broken.</param>
internal sealed record InventoryState(Reconciled Made, InventoryHead Head, string Faults, int DurationMs)
{
    /// <summary>What runs get; null before the first good state.</summary>
    public InventorySnapshot? Snapshot { get; init; }
}
