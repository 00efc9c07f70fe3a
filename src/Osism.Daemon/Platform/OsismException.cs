using Osism.Contracts;

namespace Osism.Daemon.Platform;

/// <summary>An expected failure: something a person can put right. It carries a stable code and one line that says what, which and what to do.</summary>
/// <remarks>Everything else that is thrown is a fault of ours and ends in the one place that logs it.</remarks>
internal sealed class OsismException(ErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ErrorCode Code { get; } = code;

    /// <summary>Nearest known names, best first.</summary>
    public IReadOnlyList<string>? Nearest { get; init; }

    /// <summary>File at fault.</summary>
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>Holder of the lock that stands in the way.</summary>
    public string? Holder { get; init; }

    /// <summary>Since when it is held.</summary>
    public DateTimeOffset? Since { get; init; }

    public ProblemInfo ToProblem() => new(Code.Status, Code.Code, Message)
    {
        Nearest = Nearest,
        File = File,
        Line = Line,
        Holder = Holder,
        Since = Since,
    };
}
