using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osism.Daemon.Notifications;

/// <summary>What is told, in words and in parts.</summary>
/// <param name="Event"><c>failure</c>, <c>loss</c>, <c>silence</c>, <c>recovery</c> or <c>test</c>.</param>
/// <param name="Subject"><c>environment/role</c>.</param>
/// <param name="Job">Null for what is no job: the inventory.</param>
/// <param name="State">State of the job then; of the inventory <c>broken</c> or <c>current</c>.</param>
/// <param name="Title">One line.</param>
/// <param name="Text">Some lines.</param>
internal sealed record Notice(string Event, string Subject, Guid? Job, string? State, DateTimeOffset At, string Title, string Text)
{
    /// <summary>The body a receiver gets. Built when the delivery is stored, so that each attempt sends the same.</summary>
    public string BodyFor(ReceiverOptions receiver) => receiver.Kind switch
    {
        "mail" => Text,
        "slack" => Json(json => json.WriteString("text", $"{Title}\n{Text}")),
        "matrix" => Json(json =>
        {
            json.WriteString("msgtype", "m.text");
            json.WriteString("body", $"{Title}\n{Text}");
        }),
        _ when receiver.Template is { } template => Filled(JsonNode.Parse(template))?.ToJsonString() ?? "null",
        _ => Json(json =>
        {
            json.WriteString("event", Event);
            json.WriteString("subject", Subject);
            if (Job is { } job)
            {
                json.WriteString("job", job);
            }
            else
            {
                json.WriteNull("job");
            }

            json.WriteString("state", State);
            json.WriteString("at", At);
            json.WriteString("title", Title);
            json.WriteString("text", Text);
        }),
    };

    private JsonNode? Filled(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                var filled = new JsonObject();
                foreach (var (key, value) in map)
                {
                    filled[key] = Filled(value);
                }

                return filled;
            case JsonArray list:
                return new JsonArray([.. list.Select(Filled)]);
            case JsonValue value when value.TryGetValue<string>(out var text):
                return JsonValue.Create(Filled(text));
            default:
                return node?.DeepClone();
        }
    }

    private string Filled(string text)
    {
        // One pass: what stands in a value is not looked at again.
        var filled = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var end = text[at] == '{' ? text.IndexOf('}', at) : -1;
            if (end > 0 && Value(text[(at + 1)..end]) is { } value)
            {
                filled.Append(value);
                at = end;
            }
            else
            {
                filled.Append(text[at]);
            }
        }

        return filled.ToString();
    }

    private string? Value(string name) => name switch
    {
        "title" => Title,
        "text" => Text,
        "event" => Event,
        "subject" => Subject,
        "job" => Job?.ToString() ?? "",
        "state" => State ?? "",
        _ => null,
    };

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
