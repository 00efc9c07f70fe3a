using Osism.Contracts;

namespace Osism.Cli.Api;

/// <summary>An expected failure with a stable code, found here or told by the manager. Ends in the one line <c>error: CODE: ...</c>.</summary>
internal sealed class ProblemException(ProblemInfo problem, Exception? inner = null) : Exception(problem.Detail, inner)
{
    public ProblemException(ErrorCode code, string message, Exception? inner = null)
        : this(new ProblemInfo(code.Status, code.Code, message), inner)
    {
    }

    public ProblemInfo Problem { get; } = problem;

    /// <summary>What the command ends with.</summary>
    public int ExitCode =>
        ErrorCodes.All.TryGetValue(Problem.Code, out var code) ? code.ExitCode
        : Problem.Status is >= 400 and < 500 ? Contracts.ExitCode.Failed
        : Contracts.ExitCode.Internal;

    /// <summary>Whether the same call may work a little later: the manager or its database is away or being restarted.</summary>
    public bool MayPass => Problem.Code is "manager.away" or "database.away";

    /// <summary>Whether the call may have done its work although nobody said so: the connection broke before the answer.</summary>
    public bool IsUnanswered { get; init; }

    /// <summary>The line for people: code, detail, and the facts of the case that the detail does not already hold.</summary>
    public string ToLine()
    {
        var facts = new List<string>();
        if (Problem.Nearest is { Count: > 0 } nearest && !Problem.Detail.Contains(nearest[0], StringComparison.Ordinal))
            facts.Add($"nearest: {string.Join(", ", nearest)}");
        if (Problem.File is { } file && !Problem.Detail.Contains(file, StringComparison.Ordinal))
            facts.Add(Problem.Line is { } line ? $"{file}:{line}" : file);
        if (Problem.Holder is { } holder && !Problem.Detail.Contains(holder, StringComparison.Ordinal))
            facts.Add($"held by {holder}");
        if (Problem.Since is { } since && !Problem.Detail.Contains($"since {since.UtcDateTime:yyyy-MM-dd HH:mm:ss}", StringComparison.Ordinal))
            facts.Add($"since {Formats.Times.Local(since)}");
        var line1 = $"error: {Problem.Code}: {Problem.Detail}" + (facts.Count == 0 ? "" : $" ({string.Join("; ", facts)})");
        return line1.ReplaceLineEndings(" ");
    }
}
