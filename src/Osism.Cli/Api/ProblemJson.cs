using System.Text.Json;
using Osism.Contracts;

namespace Osism.Cli.Api;

/// <summary>Reads problem details.</summary>
internal static class ProblemJson
{
    public static ProblemInfo Read(JsonElement json) => new(json.Int("status"), json.Text("code"), json.TextOrNull("detail") ?? "")
    {
        Nearest = json.TryGetProperty("nearest", out _) ? json.Texts("nearest") : null,
        File = json.TextOrNull("file"),
        Line = json.IntOrNull("line"),
        Holder = json.TextOrNull("holder"),
        Since = json.TimeOrNull("since"),
    };
}
