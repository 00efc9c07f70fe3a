using System.Text.Json;
using Dapper;
using Npgsql;
using Osism.Contracts.Collections;

namespace Osism.Daemon.Collections;

/// <summary>Runs of collections in PostgreSQL.</summary>
internal sealed class CollectionRunStore(NpgsqlDataSource database)
{
    private const string Columns = "id, seq, name, dry_run, submitted_by, submitted_at, nodes::text as nodes";
    private const string JobColumns = "id, collection, node, state, environment, reason_code, reason_message, started_at, ended_at, cancel_requested_at";

    public static string Serialize(IReadOnlyList<RunNode> nodes) => JsonSerializer.Serialize([.. nodes], CollectionsJson.Default.ListRunNode);

    public static IReadOnlyList<RunNode> NodesOf(CollectionRun run) => JsonSerializer.Deserialize(run.Nodes, CollectionsJson.Default.ListRunNode)!;

    /// <summary>Stores a run in the transaction that stores its jobs.</summary>
    public static async Task InsertAsync(NpgsqlTransaction transaction, CollectionRun run, CancellationToken cancellationToken) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into collection_run (id, name, dry_run, submitted_by, submitted_at, nodes)
            values (@Id, @Name, @DryRun, @SubmittedBy, osism_now(), @Nodes::jsonb)
            """,
            run, transaction, cancellationToken: cancellationToken));

    /// <summary>Its jobs as they are, after whoever else is about to add some.</summary>
    public static async Task<IReadOnlyList<NodeJob>> LockAsync(NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "select 1 from collection_run where id = @id for update", new { id }, transaction, cancellationToken: cancellationToken));
        return await JobsAsync(transaction.Connection!, [id], cancellationToken);
    }

    public async Task<CollectionRun?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<CollectionRun>(new CommandDefinition(
            $"select {Columns} from collection_run where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>All jobs of a run, repetitions included, in order of submission.</summary>
    public async Task<IReadOnlyList<NodeJob>> JobsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await JobsAsync(connection, [id], cancellationToken);
    }

    /// <summary>A run with its states; null when there is none.</summary>
    public async Task<CollectionRunInfo?> DescribeAsync(Guid id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) is { } run
            ? RunState.Of(run, NodesOf(run), await JobsAsync(id, cancellationToken))
            : null;

    /// <summary>One page, newest first.</summary>
    /// <param name="name">Only runs of this collection.</param>
    /// <param name="before">Cursor: only runs with a smaller number.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The runs and the cursor of the next page, null at the end.</returns>
    public async Task<(IReadOnlyList<CollectionRunInfo> Runs, long? Next)> ListAsync(string? name, long? before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var where = (name is null ? "true" : "name = @name") + (before is null ? "" : " and seq < @before");
        var runs = (await connection.QueryAsync<CollectionRun>(new CommandDefinition(
            $"select {Columns} from collection_run where {where} order by seq desc limit @limit", new { name, before, limit },
            cancellationToken: cancellationToken))).AsList();
        var jobs = (await JobsAsync(connection, [.. runs.Select(run => run.Id)], cancellationToken)).ToLookup(job => job.Collection);
        return ([.. runs.Select(run => RunState.Of(run, NodesOf(run), [.. jobs[run.Id]]))], runs.Count == limit ? runs[^1].Seq : null);
    }

    private static async Task<IReadOnlyList<NodeJob>> JobsAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<NodeJob>(new CommandDefinition(
            $"select {JobColumns} from job where collection = any(@ids) and node is not null order by seq", new { ids },
            cancellationToken: cancellationToken))).AsList();
}
