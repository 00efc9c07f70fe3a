using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism results show ID</c>: one result with everything the module returned.</summary>
internal static class ResultShowCommand
{
    /// <summary>Fields of a result that are shown as text of their own, in this order; what else there is follows as JSON.</summary>
    private static readonly string[] Texts = ["msg", "stdout", "stderr", "module_stdout", "module_stderr", "exception"];

    /// <summary>What would say the same twice.</summary>
    private static readonly string[] Repeated = ["stdout_lines", "stderr_lines", "invocation", "_ansible_no_log", "changed"];

    /// <summary>Modules nest what they return as deep as they like.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 4096 };

    public static Command Create(CliContext cli)
    {
        var id = new Argument<long>("id") { Description = "The result, as 'osism results' shows it" };
        var format = Listing.FormatOption("text", "json", "yaml");
        var command = new Command("show") { id, format };
        command.SetAction(parsed =>
        {
            var body = cli.Api.GetBytes(ApiRoutes.Result(parsed.GetValue(id)), cli.Interrupts.Leave);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
            }
            else
            {
                using var document = JsonDocument.Parse(body, Deep);
                cli.Write(Text(document.RootElement, cli.Screen.Colours));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static string Text(JsonElement result, bool colours)
    {
        var text = new StringBuilder();
        Line("result", $"{result.Long("id")}");
        Line("job", result.TextOrNull("job"));
        Line("play", result.Text("play"));
        Line("task", ResultText.Task(result));
        Line("where", result.Text("path"));
        Line("module", result.Text("action"));
        Line("host", result.Text("host") + (result.Texts("delegated_to") is { Count: > 0 } others ? $", done on {string.Join(", ", others)}" : ""));
        text.Append("status".PadRight(12)).Append(ResultText.Paint(result.Text("status"), colours)).Append('\n');
        Line("started", Times.Local(result.Time("started_at")) + (result.LongOrNull("duration_ms") is { } took ? $", took {ResultText.Took(took)}" : ""));
        Line("items", result.IntOrNull("items")?.ToString());
        Line("retries", result.IntOrNull("retries")?.ToString());
        foreach (var warning in result.Texts("warnings"))
            Line("warning", warning);
        foreach (var deprecation in result.Texts("deprecations"))
            Line("deprecated", deprecation);
        if (result.LongOrNull("cut_bytes") is { } bytes)
            Line("cut", $"the result had {bytes} bytes; only parts of it were kept");

        if (!result.TryGetProperty("res", out var res) || res.ValueKind == JsonValueKind.Null)
        {
            Line("stored", "no more than this");
            Block("msg", result.TextOrNull("msg"));
        }
        else if (res.ValueKind == JsonValueKind.Object)
        {
            foreach (var name in Texts)
                Block(name, res.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString() : Json(value) : null);
            Block("items", ResultItems.Text(res));
            Block("returned", Rest(res));
        }
        else
        {
            Block("returned", Json(res));
        }

        return text.ToString();

        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                text.Append(name.PadRight(12)).Append(SafeText.Line(value)).Append('\n');
        }

        void Block(string name, string? value)
        {
            if (!string.IsNullOrWhiteSpace(value))
                text.Append('\n').Append(name).Append('\n').Append("  ").Append(SafeText.Lines(value).TrimEnd('\n').Replace("\n", "\n  ", StringComparison.Ordinal)).Append('\n');
        }
    }

    /// <summary>What the module returned besides the texts; null when there is nothing.</summary>
    private static string? Rest(JsonElement res)
    {
        var rest = res.EnumerateObject()
            .Where(property => !Texts.Contains(property.Name) && !Repeated.Contains(property.Name) && !(property.Name == "results" && ResultItems.Are(property.Value))).ToList();
        if (rest.Count == 0)
            return null;
        return Json(writer =>
        {
            writer.WriteStartObject();
            foreach (var property in rest)
                property.WriteTo(writer);
            writer.WriteEndObject();
        });
    }

    private static string Json(JsonElement value) => Json(value.WriteTo);

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(writer);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
