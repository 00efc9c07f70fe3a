using Npgsql;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Ara.Resources;

/// <summary>What every kind of object needs to answer.</summary>
internal sealed class AraDesk(AraDatabase database, BodyReader bodies, RecordingLanes lanes, TimeProvider time)
{
    /// <summary>What an index holds at most, with the longest characters there are.</summary>
    public const int LongestName = 600;

    public AraDatabase Database { get; } = database;

    public RecordingLanes Lanes { get; } = lanes;

    /// <summary>To the microsecond, as it will be read back.</summary>
    public DateTime Now
    {
        get
        {
            var now = time.GetUtcNow().UtcDateTime;
            return new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
        }
    }

    public AraQuery Query(HttpContext context) => new(context.Request.Query, time.LocalTimeZone);

    public Task<AraBody> BodyAsync(HttpContext context, bool isWhole, CancellationToken cancellationToken) =>
        AraBody.ReadAsync(context, isWhole, time.LocalTimeZone, cancellationToken);

    /// <summary>What a row is to become. It stays in the playbook it was made in: its number says which that is.</summary>
    public async Task<AraBody> BodyAsync(HttpContext context, long playbook, bool isWhole, CancellationToken cancellationToken)
    {
        var body = await BodyAsync(context, isWhole, cancellationToken);
        if (body.Key("playbook", isRequired: true) is { } other && other != playbook)
        {
            body.Refuse("playbook", $"It cannot move from playbook {playbook} to another.");
        }

        return body;
    }

    /// <exception cref="AraFault">There is none.</exception>
    public async Task<PlaybookRow> PlaybookAsync(long id, CancellationToken cancellationToken) =>
        await Database.FindAsync(PlaybookRow.Table, "x.id = $1", cancellationToken, Sql.Value(id)) ?? throw AraFault.NotFound();

    /// <exception cref="AraFault">There is none.</exception>
    public async Task<T> FindAsync<T>(AraTable<T> table, long id, CancellationToken cancellationToken)
        where T : class =>
        await Database.FindAsync(table, "x.id = $1", cancellationToken, Sql.Value(id)) ?? throw AraFault.NotFound();

    /// <summary>What a write that changed nothing was about: its object is not there, or a job's.</summary>
    /// <exception cref="AraFault">Always.</exception>
    public async Task<Exception> RefusalAsync(long playbook, AraFault missing, CancellationToken cancellationToken) =>
        await Database.ScalarAsync<Guid?>("select job_id from rec_playbook where id = $1", cancellationToken, Sql.Value(playbook)) is { } job ? OfJob(playbook, job) : missing;

    /// <summary>What a job recorded is not changed by anybody else.</summary>
    public static AraFault OfJob(long playbook, Guid job) => AraFault.Detail(
        StatusCodes.Status403Forbidden,
        $"Playbook {playbook} is the record of job {job}: it cannot be changed, and goes when the job goes (retention, 'osism task prune').");

    /// <summary>The reference to a playbook that a new object must have.</summary>
    public static long Playbook(AraBody body) => body.Key("playbook", isRequired: true) ?? 0;

    /// <summary>Refuses a reference to a row of another playbook: it would not be found by it.</summary>
    public static void CheckInside(AraBody body, string field, long? id, long playbook)
    {
        if (id is { } number && RecordingIds.PlaybookOf(number) != playbook)
        {
            body.Refuse(field, AraFault.NoSuchText(number.ToString()));
        }
    }

    public async Task<byte[]> FactsAsync(HostRow host, Guid stream, CancellationToken cancellationToken) =>
        host.FactsLength is null ? "{}"u8.ToArray() : BodyLine.ToFacts((await bodies.ReadAsync([host.FactsIn(stream)], cancellationToken))[0]);

    public async Task<byte[]> ContentAsync(ResultRow result, Guid stream, CancellationToken cancellationToken) =>
        BodyLine.ToContent((await bodies.ReadAsync([result.BodyIn(stream)], cancellationToken))[0]);

    public async Task<byte[]> FileAsync(byte[] sha1, CancellationToken cancellationToken) =>
        await Database.ScalarAsync<byte[]>("select data from rec_file_content where sha1 = $1", cancellationToken, Sql.Value(sha1)) ?? [];

    public async Task<Guid> StreamAsync(long playbook, CancellationToken cancellationToken) =>
        await Database.ScalarAsync<Guid>("select stream from rec_playbook where id = $1", cancellationToken, Sql.Value(playbook));

    /// <summary>The changes of a row of a foreign recording, for <see cref="ChangeAsync"/>.</summary>
    public static Changes Changes(long id) => new(() => Sql.Value(id), () => Sql.Value(RecordingIds.PlaybookOf(id)));

    /// <summary>Changes a row of a foreign recording.</summary>
    /// <param name="table">Whose row.</param>
    /// <param name="id">Of the row.</param>
    /// <param name="changes">Those of <see cref="Changes"/>.</param>
    /// <param name="before">Statements that go before, made anew for each try.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <exception cref="AraFault">There is none, or it is a job's.</exception>
    public async Task<T> ChangeAsync<T>(AraTable<T> table, long id, Changes changes, Func<NpgsqlBatchCommand[]> before, CancellationToken cancellationToken)
        where T : class
    {
        var playbook = RecordingIds.PlaybookOf(id);
        changes.Add(true, "updated", () => Sql.Value(Now));
        return await Lanes.Of(playbook).WriteAsync(
            () =>
            [
                .. before(),
                changes.Command($"update {table.From} {changes.Set} where x.id = $1 and exists (select from rec_playbook where id = $2 and job_id is null) returning {table.Columns}"),
            ],
            table.One,
            cancellationToken) ?? throw await RefusalAsync(playbook, AraFault.NotFound(), cancellationToken);
    }

    /// <summary>Deletes rows of a foreign recording and counts anew what is left.</summary>
    /// <param name="context">The request, which is answered.</param>
    /// <param name="id">Of the row.</param>
    /// <param name="cascade">Statements that delete the row <c>$1</c> and what hangs on it, between <c>$2</c> and <c>$3</c>.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task DeleteAsync(HttpContext context, long id, string[] cascade, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        var (first, last) = RecordingIds.RangeOf(playbook);
        var deleted = await Lanes.Of(playbook).WriteAsync(
            () =>
            [
                .. cascade.Select(sql => Sql.Command(
                    $"with gone as ({sql} and exists (select from rec_playbook where id = $4 and job_id is null) returning 1) select count(*) from gone",
                    Sql.Value(id), Sql.Value(first), Sql.Value(last), Sql.Value(playbook))),
                Sql.Command(Recount, Sql.Value(playbook), Sql.Value(first), Sql.Value(last)),
            ],
            reader => reader.Read(),
            cancellationToken);
        if (!deleted)
        {
            throw await RefusalAsync(playbook, AraFault.NotFound(), cancellationToken);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private const string Recount = """
        with plays as (
            update rec_play p set tasks = (select count(*) from rec_task t where t.id between $2 and $3 and t.play = p.id),
                results = (select count(*) from rec_result r join rec_task t on t.id = r.task where r.id between $2 and $3 and t.play = p.id)
            where p.id between $2 and $3),
        tasks as (
            update rec_task t set results = (select count(*) from rec_result r where r.id between $2 and $3 and r.task = t.id) where t.id between $2 and $3)
        update rec_playbook set
            plays = (select count(*) from rec_play where id between $2 and $3), tasks = (select count(*) from rec_task where id between $2 and $3),
            results = (select count(*) from rec_result where id between $2 and $3), hosts = (select count(*) from rec_host where id between $2 and $3),
            files = (select count(*) from rec_file where id between $2 and $3), records = (select count(*) from rec_record where id between $2 and $3)
        where id = $1 and job_id is null returning 1
        """;
}
