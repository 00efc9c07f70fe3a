using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>How the kolla runtime is told what to do with a service.</summary>
internal static partial class KollaArguments
{
    public const string DefaultAction = "deploy";
    private const string Backup = "backup";

    /// <summary>Actions that <c>osism apply --action</c> and <c>osism validate</c> send.</summary>
    public static readonly IReadOnlyList<string> Actions =
    [
        Backup, "bootstrap", "config", "config_validate", DefaultAction, "precheck", "pull", "reconfigure", "refresh-containers", "stop", "upgrade",
    ];

    /// <exception cref="OsismException"><c>request.invalid</c>: there is no such action.</exception>
    public static void CheckAction(string action)
    {
        if (!Actions.Contains(action, StringComparer.Ordinal))
        {
            throw new OsismException(
                ErrorCodes.RequestInvalid, $"there is no action '{action}'; known are {string.Join(", ", Actions)}")
            {
                Nearest = NearestNames.Find(action, Actions),
            };
        }
    }

    /// <summary>Puts the action before the operator's arguments, which therefore win over it.</summary>
    public static (string Role, string Action, IReadOnlyList<string> Arguments) Compose(string role, string? action, IReadOnlyList<string> arguments)
    {
        action ??= DefaultAction;
        CheckAction(action);
        if (role is "mariadb-backup" or "mariadb_backup")
        {
            // The backup is an action of the role mariadb; an action asked for besides means nothing.
            return ("mariadb", Backup, ["-e", $"kolla_action={Backup}", .. arguments.Select(a => ActionVariable().Replace(a, $"kolla_action={Backup}"))]);
        }

        var effective = arguments.SelectMany(a => ActionVariable().Matches(a)).LastOrDefault()?.Groups["action"].Value ?? action;
        string[] stop = effective == "stop" ? ["-e", "kolla_action_stop_ignore_missing=true"] : [];
        return (role, effective, ["-e", $"kolla_action={action}", .. arguments, .. stop]);
    }

    [GeneratedRegex("""(?<![A-Za-z0-9_])kolla_action=(?<action>[A-Za-z0-9_-]*)""", RegexOptions.CultureInvariant)]
    private static partial Regex ActionVariable();
}
