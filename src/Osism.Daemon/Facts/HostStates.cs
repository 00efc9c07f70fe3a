using System.Text.Json;
using Osism.Contracts.Facts;

namespace Osism.Daemon.Facts;

/// <summary>The sections of <c>/etc/ansible/facts.d/osism.fact</c> on a host, as its facts have them.</summary>
internal static class HostStates
{
    public static IReadOnlyList<HostStateInfo> Of(HostFacts facts)
    {
        if (!facts.Facts.TryGetValue("ansible_local", out var local)
            || FactValues.Part(FactValues.Shown(local.Name, local.Value, isMasked: true), "osism") is not { ValueKind: JsonValueKind.Object } sections)
        {
            return [];
        }

        return [.. sections.EnumerateObject().Select(section => new HostStateInfo(section.Name, Text(section.Value, "status"), Text(section.Value, "timestamp")))];
    }

    private static string? Text(JsonElement section, string key) =>
        section.ValueKind == JsonValueKind.Object && section.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? FactValues.TextOf(value) : null;
}
