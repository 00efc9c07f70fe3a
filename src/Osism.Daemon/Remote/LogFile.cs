using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>The end of a log file of a host.</summary>
internal static class LogFile
{
    public const int DefaultLines = 100;
    public const int MostLines = 100_000;

    private const string Folder = "/var/log";

    // Links are the host's to resolve, and only it knows where they lead: $1 is the path, the rest the arguments of tail. -e wants the whole way to be there.
    private const string Script = """
        path=$(readlink -e -- "$1") || { printf '%s: no such file\n' "$1" >&2; exit 1; }
        case $path in /var/log/*) ;; *) printf '%s leads to %s, which is not below /var/log\n' "$1" "$path" >&2; exit 1 ;; esac
        [ -f "$path" ] || { printf '%s is no file\n' "$1" >&2; exit 1; }
        shift
        exec tail "$@" -- "$path"
        """;

    /// <param name="path">Below <c>/var/log</c>: relative to it, or in full.</param>
    /// <param name="lines">1 to <see cref="MostLines"/>.</param>
    /// <param name="follow">Go on with what comes, also after the file was rotated.</param>
    /// <exception cref="OsismException"><c>request.invalid</c>: another file is meant, or not so many lines may be had.</exception>
    public static IReadOnlyList<string> Tail(string path, int lines, bool follow)
    {
        if (lines is < 1 or > MostLines)
            throw new OsismException(ErrorCodes.RequestInvalid, $"--lines is {lines}: it must be 1 to {MostLines}");
        var full = path.StartsWith('/') ? path : $"{Folder}/{path}";
        var parts = full.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path.Contains('\0', StringComparison.Ordinal) || parts.Contains("..", StringComparer.Ordinal) || parts is not ["var", "log", _, ..])
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{path}' is not below {Folder}: only files there are shown, as {Folder}/NAME or NAME, without '..'");
        return ["sh", "-c", Script, "log-file", full, "-n", $"{lines}", .. follow ? (string[])["-F"] : []];
    }
}
