using System.Text.Json;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/latesthosts</c>: each host as the youngest playbook saw it.</summary>
internal sealed class LatestHosts(AraDesk desk)
{
    public const string Name = "latesthosts";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        Hosts.Filter(query);
        query.Times("host__created", "x.created");
        query.Times("host__updated", "x.updated");
        await desk.Database.PageAsync(context, HostRow.Latest, query, _ => null, (json, row) => WriteAsync(json, row, cancellationToken), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        var row = name.Contains('\0', StringComparison.Ordinal)
            ? null
            : await desk.Database.FindAsync(HostRow.Table, "x.name = $1 order by x.id desc limit 1", cancellationToken, Sql.Value(name));
        if (row is null)
        {
            throw AraFault.NotFound();
        }

        var (playbook, facts) = await PartsAsync(row, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => Write(json, row, playbook, facts), cancellationToken);
    }

    private async Task WriteAsync(Utf8JsonWriter json, HostRow row, CancellationToken cancellationToken)
    {
        var (playbook, facts) = await PartsAsync(row, cancellationToken);
        json.WriteStartObject();
        Write(json, row, playbook, facts);
        json.WriteEndObject();
    }

    private async Task<(PlaybookRow Playbook, byte[] Facts)> PartsAsync(HostRow row, CancellationToken cancellationToken)
    {
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        return (playbook, await desk.FactsAsync(row, playbook.Stream, cancellationToken));
    }

    private static void Write(Utf8JsonWriter json, HostRow row, PlaybookRow playbook, byte[] facts)
    {
        json.WriteString("name", row.Name);
        json.WriteStartObject("host");
        row.WriteDetail(json, playbook, facts);
        json.WriteEndObject();
        AraAnswer.Times(json, row.Created, row.Updated);
    }
}
