using System.Security.Cryptography;
using Npgsql;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/files</c>: the files a playbook was made of; equal contents are kept once.</summary>
internal sealed class Files(AraDesk desk) : IAraResource
{
    private const string GetOrCreate = $"""
        with old as (select {FileRow.Columns} from rec_file x where x.playbook = $1 and x.path = $3),
        p as (update rec_playbook set files = files + 1 where id = $1 and job_id is null and not exists (select from old) returning 1),
        content as (insert into rec_file_content (sha1, data) select $4, $5 from p on conflict (sha1) do nothing),
        new as (insert into rec_file as x (id, playbook, path, sha1, created, updated) select $2, $1, $3, $4, $6, $6 from p returning {FileRow.Columns})
        select * from new union all select * from old
        """;

    private static readonly string[] Cascade =
    [
        "delete from rec_result where id between $2 and $3 and task in (select id from rec_task where id between $2 and $3 and file = $1)",
        "delete from rec_task where id between $2 and $3 and file = $1",
        "delete from rec_file_content c where sha1 = (select sha1 from rec_file where id = $1) and not exists (select from rec_file f where f.sha1 = c.sha1 and f.id <> $1) and $2 < $3",
        "delete from rec_file where id = $1 and id between $2 and $3",
    ];

    public string Name => "files";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        query.Playbook("x.id");
        query.Contains("path", "x.path");
        query.Ages();
        await desk.Database.PageAsync(context, FileRow.Table, query, Counters.Of("files"), (json, row) => AraPageRow.Write(json, row.WriteInList), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.FindAsync(FileRow.Table, id, cancellationToken);
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        var content = await desk.FileAsync(row.Sha1, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteDetail(json, playbook, content), cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var playbook = AraDesk.Playbook(body);
        var path = body.Text("path", isRequired: true, longest: AraDesk.LongestName);
        var content = body.Content("content", isRequired: true) ?? [];
        body.Check();
        var lane = desk.Lanes.Of(playbook);
        var (id, now, sha1) = (await lane.NextIdAsync(cancellationToken), desk.Now, Hash(content));
        var row = await lane.WriteAsync(
            () => [Sql.Command(GetOrCreate, Sql.Value(playbook), Sql.Value(id), Sql.Value(path), Sql.Value(sha1), Sql.Value(content), Sql.Value(now))], FileRow.Table.One, cancellationToken)
            ?? throw await desk.RefusalAsync(playbook, AraFault.NoSuch("playbook", playbook), cancellationToken);

        // A path has one content in a playbook, the first: ARA's own server fails here.
        var kept = row.Sha1.AsSpan().SequenceEqual(sha1) ? content : await desk.FileAsync(row.Sha1, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, json => row.WriteFlat(json, kept), cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        using var body = await desk.BodyAsync(context, playbook, isWhole, cancellationToken);
        var path = body.Text("path", isRequired: true, longest: AraDesk.LongestName);
        var content = body.Content("content", isRequired: true);
        body.Check();
        var sha1 = content is null ? null : Hash(content);
        try
        {
            var row = await desk.Lanes.Of(playbook).WriteAsync(
                () =>
                [
                    Sql.Command(
                        $"""
                        with x as (
                            update rec_file x set path = coalesce($3, x.path), sha1 = coalesce($4, x.sha1), updated = $6
                            where x.id = $1 and exists (select from rec_playbook where id = $2 and job_id is null) returning {FileRow.Columns}),
                        content as (insert into rec_file_content (sha1, data) select $4, $5 from x where $4 is not null on conflict (sha1) do nothing)
                        select {FileRow.Columns} from x
                        """,
                        Sql.Value(id), Sql.Value(playbook), Sql.Value(path), Sql.Value(sha1), Sql.Value(content), Sql.Value(desk.Now)),
                ],
                FileRow.Table.One,
                cancellationToken) ?? throw await desk.RefusalAsync(playbook, AraFault.NotFound(), cancellationToken);
            var kept = await desk.FileAsync(row.Sha1, cancellationToken);
            await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteFlat(json, kept), cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw AraFault.Field("non_field_errors", "The fields path, playbook must make a unique set.");
        }
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        await desk.FindAsync(FileRow.Table, id, cancellationToken);
        await desk.DeleteAsync(context, id, Cascade, cancellationToken);
    }

    // ARA's clients compare it: it names the content and protects nothing.
#pragma warning disable CA5350
    private static byte[] Hash(byte[] content) => SHA1.HashData(content);
#pragma warning restore CA5350
}
