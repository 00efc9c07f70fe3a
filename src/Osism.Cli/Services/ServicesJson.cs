using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Collections;
using Osism.Contracts.Services;

namespace Osism.Cli.Services;

/// <summary>Reads and writes what the commands about services need; see <see cref="JsonFields"/>.</summary>
internal static class ServicesJson
{
    public static ServiceProblemInfo ReadProblem(JsonElement json) => new(json.Text("file"), json.Int("line"), json.Text("message"));

    public static ServicePlanInfo ReadPlan(JsonElement json) => new(
        json.Text("action"), json.List("nodes", CollectionJson.ReadNode), json.List("left_out", one => new LeftOutServiceInfo(one.Text("service"), one.Text("reason"))));

    public static void Write(Utf8JsonWriter json, PlanServices plan)
    {
        json.WriteStartObject();
        json.WriteString("action", plan.Action);
        json.WriteStartArray("names");
        foreach (var name in plan.Names)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteString("layer", plan.Layer);
        json.WriteString("from", plan.From);
        json.WriteBoolean("no_pull", plan.NoPull);
        json.WriteNumber("retry", plan.Retry);
        json.WriteEndObject();
    }
}
