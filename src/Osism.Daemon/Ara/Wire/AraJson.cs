using System.Text.Json.Serialization;

namespace Osism.Daemon.Ara.Wire;

/// <summary>The few plain values of ARA's API; its objects are written field by field.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class AraJson : JsonSerializerContext;
