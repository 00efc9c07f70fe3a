using System.CommandLine;
using System.Globalization;
using System.Text;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Locks;

/// <summary>The options that say what a lock is on.</summary>
internal sealed class LockOptions
{
    public Option<string> Environment { get; } = new("--environment") { Description = "Only runs in this environment", HelpName = "ENV" };

    public Option<string> Role { get; } = new("--role") { Description = "Only runs of this role; without --environment in the role's own", HelpName = "ROLE" };

    public Option<string> Hosts { get; } = new("--hosts", "--limit", "-l") { Description = "Only runs that may change one of these hosts: names and groups, with * and commas", HelpName = "PATTERN" };

    public void AddTo(Command command)
    {
        command.Add(Environment);
        command.Add(Role);
        command.Add(Hosts);
    }

    /// <summary>The scope as query of <c>/v1/locks</c>.</summary>
    public string Path(ParseResult parsed)
    {
        var path = new StringBuilder(ApiRoutes.Locks);
        foreach (var (name, option) in new[] { ("environment", Environment), ("role", Role), ("hosts", Hosts) })
        {
            if (parsed.GetValue(option) is { } value)
                path.Append(path.Length == ApiRoutes.Locks.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return path.ToString();
    }

    /// <summary>When a lock ends: a time, or how long from now.</summary>
    /// <exception cref="ProblemException">It is neither.</exception>
    public static (DateTimeOffset? Until, int? Seconds) ReadUntil(string? text)
    {
        if (text is null)
            return (null, null);
        var unit = text.Length > 1 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 } : 0;
        if (unit > 0 && int.TryParse(text.AsSpan()[..^1].TrimStart('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= int.MaxValue / unit)
            return (null, number * unit);
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var until))
            return (until, null);
        throw new ProblemException(ErrorCodes.RequestInvalid, $"--until is '{text}': give a time (2026-12-24T18:00) or how long from now (30m, 2h, 1d)");
    }
}
