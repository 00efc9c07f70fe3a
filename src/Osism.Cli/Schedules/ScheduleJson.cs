using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts.Schedules;

namespace Osism.Cli.Schedules;

/// <summary>Reads and writes what schedules need; see <see cref="JsonFields"/>.</summary>
internal static class ScheduleJson
{
    public static ScheduleProblemInfo ReadProblem(JsonElement json) => new(json.Text("file"), json.IntOrNull("line"), json.Text("message"));

    public static void Write(Utf8JsonWriter json, PauseSchedule pause)
    {
        json.WriteStartObject();
        json.WriteString("reason", pause.Reason);
        json.WriteEndObject();
    }
}
