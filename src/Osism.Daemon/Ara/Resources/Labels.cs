using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/labels</c>: names by which playbooks are found.</summary>
internal sealed class Labels(AraDesk desk, NpgsqlDataSource database) : IAraResource
{
    private static readonly AraTable<Label> Table = new(
        "x.id, x.name, x.created, x.updated", "rec_label x", row => new Label(row.GetInt64(0), row.GetString(1), row.GetDateTime(2), row.GetDateTime(3)), "x.id",
        AraTable<Label>.OrderFields("id", "created", "updated"));

    public string Name => "labels";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        query.Times("created", "x.created");
        query.Times("updated", "x.updated");
        await desk.Database.PageAsync(context, Table, query, _ => null, (json, label) => AraPageRow.Write(json, label.Write), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var label = await desk.FindAsync(Table, id, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, label.Write, cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var name = body.Text("name", isRequired: true, longest: AraDesk.LongestName);
        body.Check();
        var made = await ChangeAsync("insert into rec_label as x (name, created, updated) values ($1, $2, $2) on conflict do nothing returning x.id, x.name, x.created, x.updated", cancellationToken, Sql.Value(name), Sql.Value(desk.Now))
            ?? throw Duplicate();
        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, made.Write, cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole, cancellationToken);
        var name = body.Text("name", isRequired: true, longest: AraDesk.LongestName);
        body.Check();
        try
        {
            var label = await ChangeAsync(
                "update rec_label x set name = coalesce($2, x.name), updated = $3 where x.id = $1 returning x.id, x.name, x.created, x.updated", cancellationToken,
                Sql.Value(id), Sql.Value(name), Sql.Value(desk.Now)) ?? throw AraFault.NotFound();
            await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, label.Write, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Duplicate();
        }
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        _ = await ChangeAsync(
            "with ties as (delete from rec_playbook_label where label = $1) delete from rec_label x where x.id = $1 returning x.id, x.name, x.created, x.updated", cancellationToken, Sql.Value(id))
            ?? throw AraFault.NotFound();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static AraFault Duplicate() => AraFault.Field("name", "label with this name already exists.");

    private async Task<Label?> ChangeAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Table.Read(reader) : null;
    }

    private sealed record Label(long Id, string Name, DateTime Created, DateTime Updated)
    {
        public void Write(Utf8JsonWriter json)
        {
            json.WriteNumber("id", Id);
            AraAnswer.Times(json, Created, Updated);
            json.WriteString("name", Name);
        }
    }
}
