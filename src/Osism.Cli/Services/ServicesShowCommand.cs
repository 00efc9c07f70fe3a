using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Services;

/// <summary><c>osism services show NAME</c></summary>
internal static class ServicesShowCommand
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("name") { Description = "The service, as 'osism services list' prints it" };
        var format = Listing.FormatOption("text", "json", "yaml");
        var command = new Command("show") { name, format };
        command.SetAction(parsed =>
        {
            var body = cli.Api.GetBytes(ApiRoutes.Service(parsed.GetValue(name)!), cli.Interrupts.Leave);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
                return ExitCode.Success;
            }

            using var service = JsonDocument.Parse(body);
            cli.Write(Text(service.RootElement));
            return ExitCode.Success;
        });
        return command;
    }

    internal static string Text(JsonElement service)
    {
        var text = new StringBuilder();
        Line("service", service.Text("name"));
        Line("description", service.TextOrNull("description"));
        Line("layer", $"{service.Text("layer")}, {service.Text("kind")}");
        Line("role", service.TextOrNull("role") is { } role ? $"{role} ({service.TextOrNull("environment")}, {service.TextOrNull("runtime")})"
            : service.TextOrNull("part_of") is { } owner ? $"comes with {owner}" : "none deploys it");
        Line("retired", service.Flag("retired") ? "yes" : null);
        Line("successor", service.TextOrNull("successor"));
        Line("wanted", service.Flag("wanted") ? "yes" : $"no: {service.TextOrNull("wanted_detail")}");
        Line("groups", Joined(service.Texts("groups")));
        Line("hosts", service.TryGetProperty("hosts", out var hosts) && hosts.ValueKind == JsonValueKind.Array ? Joined(service.Texts("hosts")) ?? "none" : "the inventory cannot be asked");
        Line("requires", Joined(service.Texts("requires")));
        Line("ports", Joined(service.List("ports", port => $"{port.Int("port")} {port.Text("name")}")));
        foreach (var url in service.List("urls", Url))
            Line("url", url);
        Line("probe", service.TextOrNull("probe") ?? "none: 'probe' in environments/services.yml gives it one");
        if (service.TextOrNull("version_variable") is { } variable)
            Line("version", $"{service.TextOrNull("version") ?? "not said"} ({variable})");
        Line("source", service.Text("source"));
        return text.ToString();

        void Line(string title, string? value)
        {
            if (value is not null)
                text.Append($"{title,-13}{value}\n");
        }
    }

    private static string Url(JsonElement url) =>
        $"{url.TextOrNull("url") ?? $"not known: the configuration says nothing of {url.TextOrNull("missing")}"} ({url.Text("name")})";

    private static string? Joined(List<string> words) => words.Count == 0 ? null : string.Join(", ", words);
}
