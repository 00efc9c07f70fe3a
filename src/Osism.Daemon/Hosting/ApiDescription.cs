using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Hosting;

/// <summary><c>/openapi/v1.json</c>: the API in OpenAPI 3.1, made from the mapped routes when it is first asked for.</summary>
internal static class ApiDescription
{
    private const string Name = "v1";
    private const string ProblemType = "application/problem+json";

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "OSISM manager", Version = ProgramVersion.Current, Description = "See docs/handbook/api.md." };
            document.Servers = [];
            document.AddComponent("token", new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "Over TCP what writes needs the token of $OSISM_HOME/token. On the Unix socket the kernel says who calls.",
            });
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
    });

    public static void MapApiDescription(this IEndpointRouteBuilder app)
    {
        byte[]? made = null;
        app.MapGet(ApiRoutes.OpenApi, async (IServiceProvider services, CancellationToken cancellationToken) =>
        {
            // Two who ask first at the same time both make it: it is the same.
            made ??= Encoding.UTF8.GetBytes(await (await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name)
                .GetOpenApiDocumentAsync(cancellationToken)).SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken));
            return TypedResults.Bytes(made, "application/json");
        }).WithTags("description").WithSummary("This description").Produces<System.Text.Json.Nodes.JsonObject>();
    }

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        operation.OperationId = IdOf(context.Description);
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Name = parameter.Name?.TrimStart('@');
        }

        var notes = context.Description.ActionDescriptor.EndpointMetadata.OfType<HeaderNote>().ToList();
        foreach (var note in notes.Where(note => !note.IsAnswer))
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter { Name = note.Name, In = ParameterLocation.Header, Description = note.Meaning, Schema = Text() });
        }

        foreach (var answer in operation.Responses!.Where(answer => answer.Key.StartsWith('2')).Select(answer => answer.Value).OfType<OpenApiResponse>())
        {
            foreach (var note in notes.Where(note => note.IsAnswer))
            {
                (answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal))[note.Name] =
                    new OpenApiHeader { Description = note.Meaning, Schema = Text() };
            }
        }

        // Whatever is refused, here or on the way here, is refused in this form.
        context.Document!.AddComponent(nameof(ProblemInfo), await context.GetOrCreateSchemaAsync(typeof(ProblemInfo), null, cancellationToken));
        operation.Responses!["default"] = new OpenApiResponse
        {
            Description = "A problem (RFC 9457); its code is one of docs/handbook/errors.md",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [ProblemType] = new() { Schema = new OpenApiSchemaReference(nameof(ProblemInfo), context.Document) },
            },
        };
        if (!HttpMethods.IsGet(context.Description.HttpMethod!))
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", context.Document)] = [] }];
        }
    }

    /// <summary><c>GET /v1/jobs/{id}/output</c> is <c>get_jobs_id_output</c>: known from the route, so that it changes only with it.</summary>
    private static string IdOf(Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription route)
    {
        var words = route.RelativePath!.Split('/', StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word == "v1").Select(word => word.Trim('{', '}', '*'));
        return string.Join('_', words.Prepend(route.HttpMethod!.ToLower(CultureInfo.InvariantCulture))).Replace('.', '_').Replace('-', '_');
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
