using System.Globalization;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Ara.Resources;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;

namespace Osism.Daemon.Ara;

/// <summary><c>/api/v1</c>: what ARA's callback, its command line and its libraries ask of ARA's own server (API of ARA 1.5.8 to 1.7.4).</summary>
internal static class AraEndpoints
{
    private const string Api = "/api/v1";

    private static readonly string[] Change = ["PUT", "PATCH"];

    public static void MapAra(this IEndpointRouteBuilder app)
    {
        var resources = app.ServiceProvider.GetServices<IAraResource>().ToList();
        var api = app.MapGroup("").ExcludeFromDescription();
        api.MapGet("/api", context => AraAnswer.WriteAsync(
            context, StatusCodes.Status200OK,
            json =>
            {
                json.WriteString("kind", "ara");
                json.WriteString("version", AraFormat.ApiVersion);
                json.WriteStartArray("api");
                json.WriteStringValue($"{AraPage.Root(context.Request)}{Api}/");
                json.WriteEndArray();
            },
            context.RequestAborted));
        api.MapGet(Api, context => AraAnswer.WriteAsync(
            context, StatusCodes.Status200OK,
            json =>
            {
                foreach (var name in resources.Select(resource => resource.Name).Append(LatestHosts.Name))
                {
                    json.WriteString(name, $"{AraPage.Root(context.Request)}{Api}/{name}");
                }
            },
            context.RequestAborted));
        api.MapGet("/healthcheck", (HttpContext context, NpgsqlDataSource database) => HealthAsync(context, database));
        resources.ForEach(resource => Map(api, resource));

        var latest = app.ServiceProvider.GetRequiredService<LatestHosts>();
        api.MapGet($"{Api}/{LatestHosts.Name}", context => latest.ListAsync(context, context.RequestAborted));
        api.MapGet($"{Api}/{LatestHosts.Name}/{{**name}}", (HttpContext context, string name) => latest.ShowAsync(context, name.TrimEnd('/'), context.RequestAborted));
        api.MapGet("/playbooks/{id:long}.html", (long id, AraDesk desk, CancellationToken cancellationToken) => JobAsync(id, desk, cancellationToken));
        foreach (var name in new[] { "results", "hosts", "files", "records" })
        {
            api.MapGet($"/{name}/{{id:long}}.html", (long id, AraDesk desk, CancellationToken cancellationToken) => JobAsync(Recording.RecordingIds.PlaybookOf(id), desk, cancellationToken));
        }
    }

    private static void Map(RouteGroupBuilder api, IAraResource resource)
    {
        var (list, one) = ($"{Api}/{resource.Name}", $"{Api}/{resource.Name}/{{id}}");
        api.MapGet(list, context => resource.ListAsync(context, context.RequestAborted));
        api.MapPost(list, context => resource.CreateAsync(context, context.RequestAborted));
        api.MapMethods(list, ["OPTIONS"], context => AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => json.WriteString("name", resource.Name), context.RequestAborted));
        api.MapMethods(list, ["HEAD"], context => resource.ListAsync(context, context.RequestAborted));
        api.MapGet(one, context => resource.ShowAsync(context, Id(context), context.RequestAborted));
        api.MapMethods(one, ["HEAD"], context => resource.ShowAsync(context, Id(context), context.RequestAborted));
        api.MapMethods(one, Change, context => resource.ChangeAsync(context, Id(context), HttpMethods.IsPut(context.Request.Method), context.RequestAborted));
        api.MapDelete(one, context => resource.DeleteAsync(context, Id(context), context.RequestAborted));
        api.MapMethods(one, ["OPTIONS"], context => AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => json.WriteString("name", resource.Name), context.RequestAborted));
    }

    /// <exception cref="AraFault">It is no number, and so that of nothing.</exception>
    private static long Id(HttpContext context) =>
        long.TryParse(context.Request.RouteValues["id"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw AraFault.NotFound();

    private static async Task HealthAsync(HttpContext context, NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync(context.RequestAborted);
        await using var command = new NpgsqlCommand("select 1", connection);
        await command.ExecuteScalarAsync(context.RequestAborted);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => json.WriteString("DatabaseBackend", "working"), context.RequestAborted);
    }

    /// <summary>Links that others keep to ARA's pages lead to the job, where there is one.</summary>
    private static async Task<IResult> JobAsync(long playbook, AraDesk desk, CancellationToken cancellationToken) =>
        await desk.Database.ScalarAsync<Guid?>("select job_id from rec_playbook where id = $1", cancellationToken, Sql.Value(playbook)) is { } job
            ? TypedResults.Redirect(ApiRoutes.Job(job))
            : throw AraFault.NotFound();
}
