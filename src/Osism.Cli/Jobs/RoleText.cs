using System.Globalization;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;

namespace Osism.Cli.Jobs;

/// <summary>What there is to know of a role before it is applied, for people.</summary>
internal static class RoleText
{
    private static readonly Dictionary<string, string> Dangers = new(StringComparer.Ordinal)
    {
        ["none"] = "none: it reads, or writes what nothing depends on",
        ["low"] = "low: it changes hosts, and stops nothing that serves others",
        ["high"] = "high: it may stop a service, lock people out or bear hard on a host",
        ["destructive"] = "destructive: it takes hosts away, or data that cannot be had again",
    };

    private static readonly Dictionary<string, string> Scopes = new(StringComparer.Ordinal)
    {
        ["host"] = "host: any part of them, -l is fine",
        ["group"] = "group: all of them together, -l must not leave any out",
        ["everything"] = "everything: what it writes to each depends on all, -l must not leave any out",
    };

    /// <summary>How long it takes as people say it; null when nobody knows.</summary>
    public static string? Takes(JsonElement role) => role.DoubleOrNull("typical_seconds") is { } seconds ? Times.Duration(TimeSpan.FromSeconds(seconds)) : null;

    /// <summary>Lines with a name before each.</summary>
    public static string Of(JsonElement role)
    {
        var text = new StringBuilder();
        Line("role", role.Text("role"));
        Line("does", role.TextOrNull("description") ?? "(its runtime does not say)");
        Line("environment", role.Text("environment"));
        Line("runtime", $"{role.Text("runtime")}{(role.Text("source") == "catalog" ? ", which has no playbook for it here" : "")}");
        Line("hosts", role.TextOrNull("hosts"));
        Line("danger", Long(Dangers, role.TextOrNull("danger")));
        Line("scope", Long(Scopes, role.TextOrNull("scope")));
        Line("takes", Takes(role) is { } takes
            ? string.Create(CultureInfo.InvariantCulture, $"{takes} (median of the last {role.LongOrNull("typical_runs") ?? 1} runs that succeeded)")
            : "(it has not succeeded here yet)");
        return text.ToString();

        void Line(string name, string? value)
        {
            if (value is not null)
                text.Append(CultureInfo.InvariantCulture, $"{name,-13}{value}\n");
        }
    }

    private static string? Long(Dictionary<string, string> words, string? word) => word is null ? null : words.GetValueOrDefault(word, word);
}
