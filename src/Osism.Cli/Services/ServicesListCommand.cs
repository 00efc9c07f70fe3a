using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Services;

/// <summary><c>osism services list [--layer L] [--all]</c></summary>
internal static class ServicesListCommand
{
    internal static readonly Column[] Columns =
    [
        new("Service", service => service.Text("name"), Fixed: true),
        new("Layer", service => service.Text("layer"), Fixed: true),
        new("Kind", service => service.Text("kind"), Fixed: true, Spare: true),
        new("Role", Role),
        new("Environment", service => service.TextOrNull("environment"), Spare: true),
        new("Runtime", service => service.TextOrNull("runtime"), Spare: true),
        new("Hosts", service => service.TryGetProperty("hosts", out var hosts) && hosts.ValueKind == JsonValueKind.Array ? $"{hosts.GetArrayLength()}" : "?"),
        new("Wanted", service => service.Flag("wanted") ? "yes" : "no", Colour: service => service.Flag("wanted") ? Colour.Green : Colour.None),
        new("Description", service => service.Flag("retired")
            ? $"retired{(service.TextOrNull("successor") is { } successor ? $", now {successor}" : "")}: {service.TextOrNull("description")}"
            : service.TextOrNull("description")),
    ];

    public static Command Create(CliContext cli)
    {
        var layer = LayerOption();
        var all = new Option<bool>("--all", "-a") { Description = "Also those that are retired" };
        var format = Listing.FormatOption();
        var command = new Command("list", """
            In the order in which a pod is built. Wanted are those that plans and 'services health' take without being told their names.
            What is wrong with environments/services.yml is said on stderr and does not count.
            """) { layer, all, format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, Columns, Items(cli, parsed.GetValue(layer), parsed.GetValue(all)), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    internal static Option<string> LayerOption() => new("--layer") { Description = "Only those of this layer, such as shared or controller", HelpName = "LAYER" };

    /// <summary>Services as the API gives them; what is wrong with their file is said on stderr.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    internal static JsonElement[] Items(CliContext cli, string? layer, bool all)
    {
        // Not disposed: its elements live until they are written.
        var page = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.ServicesOf(layer, all), cli.Interrupts.Leave)).RootElement;
        foreach (var problem in page.List("problems", ServicesJson.ReadProblem))
            cli.Talk.Write($"warning: {problem.File}, line {problem.Line}: {problem.Message}");
        return Listing.Items(page);
    }

    private static string? Role(JsonElement service) => service.TextOrNull("role") ?? (service.TextOrNull("part_of") is { } owner ? $"with {owner}" : null);
}
