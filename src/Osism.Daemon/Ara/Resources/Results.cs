using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;
using Osism.Daemon.Recording.Events;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/results</c>: what tasks did on hosts. Nine of ten calls of a client are POSTs here.</summary>
internal sealed class Results(AraDesk desk) : IAraResource
{
    private const string Insert = """
        with p as (
            update rec_playbook set stream_bytes = stream_bytes + octet_length($5), results = results + 1
            where id = $1 and job_id is null and not exists (select from rec_result where id = $2)
                and exists (select from rec_task where id = $3) and exists (select from rec_host where id = $4) and not exists (
                    select from unnest($14) as d (id) where not exists (select from rec_host h where h.id = d.id))
            returning stream, stream_bytes - octet_length($5) as start),
        line as (insert into job_output (job_id, stream, start, data) select stream, 1, start, $5 from p),
        t as (update rec_task set results = results + 1 from p where id = $3 returning play),
        play as (update rec_play set results = results + 1 from t where rec_play.id = t.play),
        row as (
            insert into rec_result (id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored, items, retries, msg, delegated_to)
            select $2, $3, $4, p.start, octet_length($5) - 1, $6, $7, $8, $9, $10, $11, $12, $13, nullif($14, '{}') from p)
        select play from t
        """;

    private const string AddBody = """
        with p as (
            update rec_playbook set stream_bytes = stream_bytes + octet_length($3) where id = $2 and job_id is null and exists (select from rec_result where id = $1)
            returning stream, stream_bytes - octet_length($3) as start),
        line as (insert into job_output (job_id, stream, start, data) select stream, 1, start, $3 from p)
        update rec_result set body_start = p.start, body_length = octet_length($3) - 1, msg = $4, items = $5 from p where rec_result.id = $1 returning 1
        """;

    private static readonly string[] Cascade = ["delete from rec_result where id = $1 and id between $2 and $3"];

    private static readonly JsonDocument Nothing = JsonDocument.Parse("{}");

    public string Name => "results";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        query.Playbook("x.id");
        query.Reference("task", "x.id", task => $"x.task = {task}");
        query.Reference("host", "x.id", host => $"x.host = {host}");
        query.Reference("play", "x.id", play => $"t.play = {play}");
        query.Reference("delegated_to", "x.id", host => $"{host} = any(x.delegated_to)");
        query.Flag("changed", "x.is_changed");
        query.Flag("ignore_errors", "x.is_ignored");
        query.Status("x.status", AraFormat.ResultStatuses);
        query.Contains("task_name", "t.name");
        query.Same("host_name", "(select h.name from rec_host h where h.id = x.host)", ignoresCase: true);
        query.Times("created", "coalesce(x.ended, x.started)");
        query.Times("updated", "coalesce(x.updated, x.ended, x.started)");
        query.Times("started", "x.started");
        query.Times("ended", "x.ended");
        await desk.Database.PageAsync(context, ResultRow.Table, query, Counters.Of("results"), (json, row) => AraPageRow.Write(json, row.WriteInList), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.FindAsync(ResultRow.Table, id, cancellationToken);
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        var play = await desk.Database.FindAsync(PlayRow.Table, "x.id = $1", cancellationToken, Sql.Value(row.Play));
        var task = await desk.Database.FindAsync(TaskRow.Table, "x.id = $1", cancellationToken, Sql.Value(row.Task));
        var hosts = await desk.Database.ListAsync(HostRow.Table, "x.id = any($1) order by x.id", cancellationToken, Sql.Value([row.Host, .. row.DelegatedTo]));
        var content = await desk.ContentAsync(row, playbook.Stream, cancellationToken);
        await AraAnswer.WriteAsync(
            context, StatusCodes.Status200OK,
            json => row.WriteDetail(
                json, content, playbook, play, task, hosts.Find(host => host.Id == row.Host), [.. hosts.Where(host => row.DelegatedTo.Contains(host.Id))]),
            cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var playbook = AraDesk.Playbook(body);
        var given = Read(body, playbook);
        body.Check();
        var lane = desk.Lanes.Of(playbook);
        var (id, now) = (await lane.NextIdAsync(cancellationToken), desk.Now);
        var content = given.Content ?? Nothing.RootElement;
        var (line, facts) = (BodyLine.OfContent(content), About.Of(content));
        var (started, delegates) = (given.Started ?? now, given.DelegatedTo ?? []);
        var play = await lane.WriteAsync(
            () =>
            [
                Sql.Command(
                    Insert, Sql.Value(playbook), Sql.Value(id), Sql.Value(given.Task), Sql.Value(given.Host), Sql.Value(line), Sql.Value(started), Sql.Value(given.Ended),
                    Sql.Value(given.Status ?? (short)ResultStatus.Unknown), Sql.Value(given.IsChanged ?? false), Sql.Value(given.IsIgnored ?? false), Sql.Value(facts.Items), Sql.Value(facts.Retries),
                    Sql.Value(facts.Message), Sql.Value(delegates)),
            ],
            reader => reader.Read() ? reader.GetInt64(0) : (long?)null,
            cancellationToken);
        var row = play is { } of
            ? new ResultRow(
                id, of, given.Task ?? 0, given.Host ?? 0, delegates, (ResultStatus)(given.Status ?? 0), given.IsChanged ?? false, given.IsIgnored ?? false, started, given.Ended,
                given.Ended ?? started, 0, 0)
            : await AgainAsync(playbook, id, given, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, json => row.WriteFlat(json, RawJson.OneLine(content)), cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        using var body = await desk.BodyAsync(context, playbook, isWhole, cancellationToken);
        var given = Read(body, playbook);
        body.Check();
        var changes = new Changes(() => Sql.Value(id), () => Sql.Value(playbook));
        changes.Add(given.Status is not null, "status", () => Sql.Value(given.Status));
        changes.Add(given.IsChanged is not null, "is_changed", () => Sql.Value(given.IsChanged));
        changes.Add(given.IsIgnored is not null, "is_ignored", () => Sql.Value(given.IsIgnored));
        changes.Add(given.Started is not null, "started", () => Sql.Value(given.Started));
        changes.Add(body.Has("ended"), "ended", () => Sql.Value(given.Ended));
        changes.Add(given.DelegatedTo is not null, "delegated_to", () => Sql.Value(given.DelegatedTo));
        changes.Add(true, "updated", () => Sql.Value(desk.Now));
        var isChanged = await desk.Lanes.Of(playbook).WriteAsync(
            () =>
            [
                .. given.Content is { } content ? new[] { Body(id, playbook, content) } : [],
                changes.Command($"update rec_result x {changes.Set} where x.id = $1 and exists (select from rec_playbook where id = $2 and job_id is null) returning 1"),
            ],
            reader => reader.Read(),
            cancellationToken);
        if (!isChanged)
        {
            throw await desk.RefusalAsync(playbook, AraFault.NotFound(), cancellationToken);
        }

        var row = await desk.FindAsync(ResultRow.Table, id, cancellationToken);
        var now = await desk.ContentAsync(row, await desk.StreamAsync(playbook, cancellationToken), cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteFlat(json, now), cancellationToken);
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        await desk.FindAsync(ResultRow.Table, id, cancellationToken);
        await desk.DeleteAsync(context, id, Cascade, cancellationToken);
    }

    private static NpgsqlBatchCommand Body(long id, long playbook, JsonElement content)
    {
        var about = About.Of(content);
        return Sql.Command(AddBody, Sql.Value(id), Sql.Value(playbook), Sql.Value(BodyLine.OfContent(content)), Sql.Value(about.Message), Sql.Value(about.Items));
    }

    private static Given Read(AraBody body, long playbook)
    {
        var given = new Given(
            body.Key("task", isRequired: true), body.Key("host", isRequired: true), body.Key("play", isRequired: true), body.Keys("delegated_to"), body.Choice("status", AraFormat.ResultStatuses),
            body.Flag("changed"), body.Flag("ignore_errors"), body.Json("content"), body.Time("started"), body.Time("ended", mayBeNull: true));
        AraDesk.CheckInside(body, "task", given.Task, playbook);
        AraDesk.CheckInside(body, "host", given.Host, playbook);
        AraDesk.CheckInside(body, "play", given.Play, playbook);
        foreach (var host in given.DelegatedTo ?? [])
        {
            AraDesk.CheckInside(body, "delegated_to", host, playbook);
        }

        return given;
    }

    /// <summary>Nothing was stored: it is there already, because the answer of an earlier try was lost, or something it refers to is not.</summary>
    private async Task<ResultRow> AgainAsync(long playbook, long id, Given given, CancellationToken cancellationToken)
    {
        if (await desk.Database.FindAsync(ResultRow.Table, "x.id = $1", cancellationToken, Sql.Value(id)) is { } row)
        {
            return row;
        }

        var hosts = await desk.Database.ListAsync(HostRow.Table, "x.id = any($1)", cancellationToken, Sql.Value([given.Host ?? 0, .. given.DelegatedTo ?? []]));
        var fault = hosts.TrueForAll(host => host.Id != given.Host) ? AraFault.NoSuch("host", given.Host ?? 0)
            : (given.DelegatedTo ?? []).FirstOrDefault(id => hosts.TrueForAll(host => host.Id != id)) is var missing and not 0 ? AraFault.NoSuch("delegated_to", missing)
            : AraFault.NoSuch("task", given.Task ?? 0);
        throw await desk.RefusalAsync(playbook, fault, cancellationToken);
    }

    private sealed record Given(
        long? Task, long? Host, long? Play, long[]? DelegatedTo, short? Status, bool? IsChanged, bool? IsIgnored, JsonElement? Content, DateTime? Started, DateTime? Ended);

    /// <summary>What lists and searches show of a body without reading it.</summary>
    private sealed record About(string? Message, int? Items, int? Retries)
    {
        public static About Of(JsonElement content)
        {
            if (content.ValueKind != JsonValueKind.Object)
            {
                return new About(null, null, null);
            }

            var message = content.TryGetProperty("msg"u8, out var msg) && msg.ValueKind == JsonValueKind.String ? RawJson.Text(msg) : null;
            return new About(
                message is null ? null : EventValues.Short(message),
                content.TryGetProperty("results"u8, out var items) && items.ValueKind == JsonValueKind.Array ? items.GetArrayLength() : null,
                content.TryGetProperty("attempts"u8, out var attempts) && attempts.ValueKind == JsonValueKind.Number && attempts.TryGetInt32(out var tries) && tries > 1 ? tries - 1 : null);
        }
    }
}
