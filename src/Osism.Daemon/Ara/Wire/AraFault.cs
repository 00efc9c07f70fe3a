using System.Text.Json;

namespace Osism.Daemon.Ara.Wire;

/// <summary>A refusal in the form of the Django REST framework, which is what ARA clients read: never anything but JSON.</summary>
internal sealed class AraFault(int status, IReadOnlyDictionary<string, string[]> errors, bool isDetail = false) : Exception(Describe(errors))
{
    public int Status { get; } = status;

    /// <summary>There is no such object; the command line of ARA compares this very text.</summary>
    public static AraFault NotFound() => Detail(StatusCodes.Status404NotFound, "Not found.");

    public static AraFault Detail(int status, string text) => new(status, new Dictionary<string, string[]>(StringComparer.Ordinal) { ["detail"] = [text] }, isDetail: true);

    /// <summary>One field of the body, or one parameter of the query, is not what it must be.</summary>
    public static AraFault Field(string name, string text) => new(StatusCodes.Status400BadRequest, new Dictionary<string, string[]>(StringComparer.Ordinal) { [name] = [text] });

    /// <summary>A reference to an object that is not there.</summary>
    public static AraFault NoSuch(string field, long id) => Field(field, NoSuchText(id.ToString()));

    public static string NoSuchText(string id) => $"Invalid pk \"{id}\" - object does not exist.";

    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, AraAnswer.Plain))
        {
            json.WriteStartObject();
            foreach (var (name, texts) in errors)
            {
                json.WritePropertyName(name);
                if (isDetail)
                {
                    json.WriteStringValue(texts[0]);
                    continue;
                }

                json.WriteStartArray();
                foreach (var text in texts)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string Describe(IReadOnlyDictionary<string, string[]> errors) => string.Join("; ", errors.Select(error => $"{error.Key}: {string.Join(' ', error.Value)}"));
}
