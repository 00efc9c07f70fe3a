using System.Text.Json;
using Osism.Contracts.Inventory;

namespace Osism.Cli.Inventory;

/// <summary>Writes what the inventory commands send; see <see cref="Api.JsonFields"/>.</summary>
internal static class InventoryJson
{
    public static void Write(Utf8JsonWriter json, InventoryQuery query)
    {
        json.WriteStartObject();
        json.WriteString("action", query.Action);
        if (query.Subject is not null)
            json.WriteString("subject", query.Subject);
        json.WriteBoolean("vars", query.Vars);
        json.WriteBoolean("export", query.Export);
        if (query.Format is not null)
            json.WriteString("format", query.Format);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ExplainVariables question)
    {
        json.WriteStartObject();
        json.WriteString("host", question.Host);
        json.WriteString("variable", question.Variable);
        json.WriteEndObject();
    }
}
