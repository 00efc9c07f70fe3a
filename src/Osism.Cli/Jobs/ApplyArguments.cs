using System.Globalization;
using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;

namespace Osism.Cli.Jobs;

/// <summary>The command line of <c>osism apply</c>. Before ROLE all options are ours; after it our long ones are, up to <c>--</c>, and
/// everything else goes to Ansible as it is.</summary>
internal sealed record ApplyArguments
{
    public static readonly IReadOnlyList<string> Formats = ["log", "script", "table", "json", "yaml", "csv"];

    public static readonly IReadOnlyList<string> Actions =
        ["bootstrap", "config", "deploy", "precheck", "pull", "reconfigure", "refresh-containers", "stop", "upgrade"];

    /// <summary>Role, or several as <c>a//b</c>; null lists the roles.</summary>
    public string? Role { get; private set; }

    public string? Environment { get; private set; }

    public string? Overwrite { get; private set; }

    public string? Sub { get; private set; }

    public string? Action { get; private set; }

    public int? Retry { get; private set; }

    /// <summary>Seconds of silence before a notice; 0 = none; null = the default.</summary>
    public int? Timeout { get; private set; }

    /// <summary>Seconds a job may run; null = no limit.</summary>
    public int? TaskTimeout { get; private set; }

    /// <summary>One of <see cref="LimitPolicies"/>; null = as the manager is set.</summary>
    public string? LimitPolicy { get; private set; }

    public bool NoWait { get; private set; }

    public bool DryRun { get; private set; }

    public bool ShowTree { get; private set; }

    public bool Explain { get; private set; }

    /// <summary>One of <see cref="Formats"/>, or null when none was named.</summary>
    public string? Format { get; private set; }

    /// <summary>For Ansible.</summary>
    public List<string> Arguments { get; } = [];

    /// <summary>The roles of a chain in order.</summary>
    public string[] Roles => Role?.Split("//") ?? [];

    /// <exception cref="ProblemException">An option is unknown, lacks its value or has one it cannot have (<c>request.invalid</c>).</exception>
    public static ApplyArguments Parse(string[] elements, GlobalOptions global)
    {
        var parsed = new ApplyArguments();
        var reader = new Reader(elements);
        var literal = false;
        while (reader.Next() is { } element)
        {
            if (!literal && element == "--")
            {
                literal = true;
            }
            else if (literal || !parsed.TakeOption(element, reader, global))
            {
                if (parsed.Role is not null)
                    parsed.Arguments.Add(element);
                else if (literal || !element.StartsWith('-') || element == "-")
                    parsed.Role = element;
                else
                    throw Invalid($"'{element}' is no option of 'osism apply'; what is meant for Ansible comes after ROLE");
            }
        }

        if (parsed.Roles.Any(string.IsNullOrWhiteSpace))
            throw Invalid($"'{parsed.Role}' is no role and no chain of roles (a//b)");
        return parsed;
    }

    /// <summary>The same for another role.</summary>
    public ApplyArguments For(string role, string? environment, string? action) => this with { Role = role, Environment = environment, Action = action };

    /// <summary>The jobs to submit, in the order of the chain.</summary>
    public List<SubmitJob> ToJobs(int retry) =>
        Roles.Select(role => new SubmitJob
        {
            Role = role,
            Environment = Environment,
            Overwrite = Overwrite,
            Sub = Sub,
            Action = Action,
            Arguments = Arguments,
            Retry = retry,
            TaskTimeout = TaskTimeout,
            DryRun = DryRun,
            LimitPolicy = LimitPolicy,
        }).ToList();

    private bool TakeOption(string element, Reader reader, GlobalOptions global)
    {
        var afterRole = Role is not null;
        if (!element.StartsWith('-') || (afterRole && !element.StartsWith("--", StringComparison.Ordinal)))
            return false;
        if (global.TakeOption(element))
            return true;

        var (name, value) = Split(element);
        string Value() => value ?? reader.Value(name);
        switch (name)
        {
            case "--environment" or "-e":
                Environment = Value();
                return true;
            case "--overwrite":
                Overwrite = Value();
                return true;
            case "--sub":
                Sub = Value();
                return true;
            case "--action" or "-a":
                Action = OneOf(name, Value(), Actions);
                return true;
            case "--retry" or "-r":
                Retry = Number(name, Value(), 0);
                return true;
            case "--timeout":
                Timeout = Number(name, Value(), 0);
                return true;
            case "--task-timeout":
                TaskTimeout = Number(name, Value(), 1);
                return true;
            case "--limit-policy":
                LimitPolicy = OneOf(name, Value(), LimitPolicies.All);
                return true;
            case "--format":
                Format = value is null ? reader.ValueAmong(Formats) ?? "log" : OneOf(name, value, Formats);
                return true;
            case "--no-wait" when value is null:
                return NoWait = true;
            case "--dry-run" when value is null:
                return DryRun = true;
            case "--show-tree" when value is null:
                return ShowTree = true;
            case "--explain" when value is null:
                return Explain = true;
            default:
                return false;
        }
    }

    /// <summary><c>--name=value</c>, <c>-n=value</c> and <c>-nvalue</c>.</summary>
    private static (string Name, string? Value) Split(string element)
    {
        if (!element.StartsWith("--", StringComparison.Ordinal) && element.Length > 2)
            return (element[..2], element[2] == '=' ? element[3..] : element[2..]);
        var equals = element.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (element, null) : (element[..equals], element[(equals + 1)..]);
    }

    private static string OneOf(string option, string value, IReadOnlyList<string> values) =>
        values.Contains(value, StringComparer.Ordinal) ? value
        : throw Invalid($"{option} is '{value}', but must be one of {string.Join(", ", values)}");

    private static int Number(string option, string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number
        : throw Invalid($"{option} is '{value}', but must be a whole number from {least}");

    private static ProblemException Invalid(string message) => new(ErrorCodes.RequestInvalid, message);

    private sealed class Reader(string[] elements)
    {
        private int _next;

        public string? Next() => _next < elements.Length ? elements[_next++] : null;

        public string Value(string option) =>
            _next < elements.Length && (!elements[_next].StartsWith('-') || elements[_next] == "-")
                ? elements[_next++]
                : throw Invalid($"{option} needs a value");

        public string? ValueAmong(IReadOnlyList<string> values) =>
            _next < elements.Length && values.Contains(elements[_next], StringComparer.Ordinal) ? elements[_next++] : null;
    }
}
