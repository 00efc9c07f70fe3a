using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts.Locks;

namespace Osism.Cli.Locks;

/// <summary>Reads and writes locks; see <see cref="JsonFields"/>.</summary>
internal static class LockJson
{
    public static LockInfo Read(JsonElement json) => new(
        json.Text("id"), json.Text("scope"), json.Text("owner"), json.TextOrNull("reason"), json.Time("since"), json.TimeOrNull("until"),
        json.Text("source"), json.IdOrNull("job"));

    public static ReleasedLocks ReadReleased(JsonElement json) => new(json.List("released", Read));

    public static void Write(Utf8JsonWriter json, PlaceLock place)
    {
        json.WriteStartObject();
        json.WriteString("environment", place.Environment);
        json.WriteString("role", place.Role);
        json.WriteString("hosts", place.Hosts);
        json.WriteString("reason", place.Reason);
        json.WriteString("user", place.User);
        if (place.Until is { } until)
            json.WriteString("until", until);
        else
            json.WriteNull("until");
        if (place.Seconds is { } seconds)
            json.WriteNumber("seconds", seconds);
        else
            json.WriteNull("seconds");
        json.WriteEndObject();
    }
}
