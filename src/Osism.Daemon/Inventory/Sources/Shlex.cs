using System.Text;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>Cuts a line into words as Python's <c>shlex.split(line, comments=True)</c> does: like a POSIX shell, but a <c>#</c> ends the line also inside of a word.</summary>
internal static class Shlex
{
    /// <exception cref="SourceException">Quotes that are not closed, or a backslash at the end.</exception>
    public static List<string> Split(string line, int number)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < line.Length; i++)
        {
            var letter = line[i];
            switch (letter)
            {
                case ' ' or '\t' or '\r' or '\n':
                    End();
                    break;
                case '#':
                    i = line.Length;
                    break;
                case '\\':
                    if (++i == line.Length)
                        throw new SourceException("there is nothing behind the backslash at the end", number);
                    word.Append(line[i]);
                    inWord = true;
                    break;
                case '\'' or '"':
                    i = ReadQuoted(line, i, word, number);
                    inWord = true;
                    break;
                default:
                    word.Append(letter);
                    inWord = true;
                    break;
            }
        }

        End();
        return words;

        void End()
        {
            if (!inWord)
                return;
            words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }

    /// <summary>Place of the closing quotes.</summary>
    private static int ReadQuoted(string line, int start, StringBuilder word, int number)
    {
        var quote = line[start];
        for (var i = start + 1; i < line.Length; i++)
        {
            if (line[i] == quote)
                return i;
            if (quote == '"' && line[i] == '\\')
            {
                if (++i == line.Length)
                    throw new SourceException("there is nothing behind the backslash at the end", number);
                // Only quotes and backslashes are escaped; elsewhere the backslash stays.
                if (line[i] is not ('"' or '\\'))
                    word.Append('\\');
            }

            word.Append(line[i]);
        }

        throw new SourceException("the quotes are not closed", number);
    }
}
