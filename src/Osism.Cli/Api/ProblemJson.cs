using System.Text.Json;
using Osism.Contracts;

namespace Osism.Cli.Api;

/// <summary>Reads problem details.</summary>
internal static class ProblemJson
{
    /// <summary>A refusal of ARA's API: <c>{"detail": TEXT}</c>, or texts by field.</summary>
    public static ProblemInfo ReadForeign(JsonElement json, int status)
    {
        var code = status switch
        {
            401 or 403 => ErrorCodes.AccessDenied,
            404 => ErrorCodes.RecordNotFound,
            503 => ErrorCodes.DatabaseAway,
            < 500 => ErrorCodes.RequestInvalid,
            _ => ErrorCodes.InternalError,
        };
        var text = status == 404 ? "nothing was recorded under this number" : json.TextOrNull("detail")
            ?? string.Join("; ", json.EnumerateObject().Select(field => $"{field.Name}: {string.Join(' ', field.Value.EnumerateArray().Select(line => line.ToString()))}"));
        return new ProblemInfo(status, code.Code, text);
    }

    public static ProblemInfo Read(JsonElement json) => new(json.Int("status"), json.Text("code"), json.TextOrNull("detail") ?? "")
    {
        Nearest = json.TryGetProperty("nearest", out _) ? json.Texts("nearest") : null,
        File = json.TextOrNull("file"),
        Line = json.IntOrNull("line"),
        Holder = json.TextOrNull("holder"),
        Since = json.TimeOrNull("since"),
    };
}
