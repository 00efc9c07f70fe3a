using System.Text;

namespace Osism.Daemon.Platform.Processes;

/// <summary>A program to start: always an argument list, never a line for a shell.</summary>
/// <param name="File">Absolute path, a path relative to <see cref="WorkingDirectory"/>, or a name that is looked up in the PATH of the program's environment.</param>
/// <param name="Arguments">Arguments as they reach the program, without its own name.</param>
internal sealed record ProcessSpec(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>Null means the daemon's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The whole environment of the program; null inherits the daemon's.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>False for a program that makes a session of its own: a program less on the way to it. Default true.</summary>
    public bool OwnSession { get; init; } = true;

    /// <summary>What the program reads from stdin; null is an empty stdin.</summary>
    public ReadOnlyMemory<byte>? Input { get; init; }

    /// <summary>When cancelled: time between SIGINT and SIGTERM, and again until SIGKILL. Default 2 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes kept of stdout and of stderr, each; what comes after is read and dropped. Default 16 MiB.</summary>
    public int OutputLimit { get; init; } = 16 * 1024 * 1024;
}

/// <summary>How a program ended and what it wrote.</summary>
/// <param name="ExitCode">As the shell counts: 128 + N when signal N ended it.</param>
/// <param name="OutputBytes">stdout.</param>
/// <param name="ErrorBytes">stderr.</param>
internal sealed record ProcessResult(int ExitCode, ReadOnlyMemory<byte> OutputBytes, ReadOnlyMemory<byte> ErrorBytes)
{
    /// <summary>stdout as UTF-8; bytes that are not become U+FFFD.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes.Span);

    /// <summary>stderr as UTF-8; bytes that are not become U+FFFD.</summary>
    public string Error => Encoding.UTF8.GetString(ErrorBytes.Span);
}
