using System.Text.Json;

namespace Osism.Tests.Ansible;

/// <summary>The fields of each kind of event, as the handbook has them. A field with <c>?</c> may be missing, a type with <c>?</c> null.</summary>
internal static class EventForm
{
    private const string Task = "h:string task:string";

    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["run_start"] = "playbook:string path:string ansible:string python:string controller:string? user:string? check:bool diff:bool forks:number limit:string? "
            + "tags:array skip_tags:array arguments:object",
        ["file"] = "path:string sha1:string? content:string?",
        ["play_start"] = "play:string name:string hosts_count:number hosts:array strategy:string serial:bool",
        ["task_start"] = "task:string play:string name:string action:string path:string role:string? tags:array handler:bool no_log:bool loop:bool",
        ["host_start"] = Task,
        ["item"] = $"{Task} item:string status:string changed:bool msg:string?",
        ["retry"] = $"{Task} attempt:number of:number",
        ["host"] = $"{Task} status:string changed:bool ignored:bool start:number dur_ms:number delegated_to:array items?:number diff?:any warnings?:array deprecations?:array "
            + "res:object",
        ["facts"] = $"{Task} action:string facts:object",
        ["include"] = "file:string hosts:array",
        ["notify"] = "h:string handler:string",
        ["no_hosts"] = "",
        ["no_hosts_remaining"] = "",
        ["warning"] = "text:string",
        ["deprecation"] = "text:string",
        ["stats"] = "hosts:object custom:object",
    };

    public static IEnumerable<string> Names => Kinds.Keys;

    /// <summary>What is wrong with an event; null when nothing is.</summary>
    public static string? Fault(JsonElement line)
    {
        var kind = line.GetProperty("ev").GetString()!;
        if (!Kinds.TryGetValue(kind, out var form))
        {
            return $"{kind} is no kind of event";
        }

        var given = line.EnumerateObject().ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
        foreach (var field in $"v:number seq:number t:number ev:string {form}".Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split(':')))
        {
            if (!given.Remove(field[0].TrimEnd('?'), out var value))
            {
                if (!field[0].EndsWith('?'))
                {
                    return $"{kind} has no {field[0]}";
                }
            }
            else if (field[1] != "any" && TypeOf(value) != field[1].TrimEnd('?') && !(value.ValueKind == JsonValueKind.Null && field[1].EndsWith('?')))
            {
                return $"{field[0]} of {kind} is no {field[1]}: {value}";
            }
        }

        return given.Count == 0 ? null : $"{kind} has {string.Join(", ", given.Keys)} as well";
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
