namespace Osism.Daemon.Configuration;

/// <summary>Reads the commit of HEAD from the files of a git repository, without starting git.</summary>
/// <remarks>
/// Source: gitrepository-layout(5). Known: loose and packed refs, a detached HEAD, a work tree or submodule whose <c>.git</c> is a file,
/// a folder below the top of the work tree. Not known: the reftable format; then there is no answer.
/// </remarks>
internal static class GitHead
{
    // HEAD -> branch -> commit; a few more for symbolic refs that name one another.
    private const int MaximumHops = 5;

    /// <summary>The commit, 40 or 64 hexadecimal digits; null outside git, on a branch without commits, or when it cannot be read.</summary>
    public static string? Find(string folder)
    {
        try
        {
            return GitFolder(folder) is { } git ? Resolve(git, CommonFolder(git)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Resolve(string git, string common)
    {
        var name = "HEAD";
        for (var hop = 0; hop < MaximumHops; hop++)
        {
            var text = ReadRef(git, name) ?? ReadRef(common, name) ?? ReadPacked(common, name);
            if (text is null)
                return null;
            if (!text.StartsWith("ref:", StringComparison.Ordinal))
                return IsCommit(text) ? text : null;
            name = text[4..].Trim();
            // A ref is a path below the git folder; anything else is not followed.
            if (name.Contains("..", StringComparison.Ordinal) || Path.IsPathRooted(name))
                return null;
        }

        return null;
    }

    private static string? GitFolder(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var git = Path.Combine(at.FullName, ".git");
            if (Directory.Exists(git))
                return git;
            if (!File.Exists(git))
                continue;
            var text = File.ReadAllText(git).Trim();
            return text.StartsWith("gitdir:", StringComparison.Ordinal) ? Path.GetFullPath(text[7..].Trim(), at.FullName) : null;
        }

        return null;
    }

    private static string CommonFolder(string git)
    {
        var file = Path.Combine(git, "commondir");
        return File.Exists(file) ? Path.GetFullPath(File.ReadAllText(file).Trim(), git) : git;
    }

    private static string? ReadRef(string folder, string name)
    {
        var file = Path.Combine(folder, name);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    private static string? ReadPacked(string common, string name)
    {
        var file = Path.Combine(common, "packed-refs");
        if (!File.Exists(file))
            return null;
        foreach (var line in File.ReadLines(file))
        {
            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0 && line[0] is not ('#' or '^') && line.AsSpan(blank + 1).Trim().SequenceEqual(name))
                return line[..blank];
        }

        return null;
    }

    private static bool IsCommit(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);
}
