namespace Osism.Protocols.Shell;

/// <summary>Words on their way through a POSIX shell: each comes out as it went in.</summary>
/// <remarks>For <c>ssh</c>, which hands the far shell one line of text. Programs that are started here get a vector and need none of this.
/// Source: POSIX.1-2017, Shell Command Language §2.2.2.</remarks>
public static class ShellWord
{
    // Letters that no shell reads as anything else, wherever they stand. '=' is not one: it makes a first word an assignment; nor is '~'.
    private const string Plain = "-_./:@%+,";

    /// <summary>One word.</summary>
    /// <exception cref="ArgumentException">It holds a NUL, which no program can be given.</exception>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (word.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A word holds a NUL, which no program can be given.", nameof(word));
        }

        return word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A line that is these words and nothing else.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Quote"/>.</exception>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));
}
