using System.Text;

namespace Osism.Protocols.Yaml;

/// <summary>Scalars without quotes (YAML 1.1 §9.1.3).</summary>
internal static class YamlPlain
{
    /// <param name="indent">Indentation of the block around it.</param>
    /// <param name="inFlow">Inside of brackets or braces.</param>
    /// <param name="lineEnded">Whether the text stands at the begin of a new line afterwards.</param>
    public static string Read(YamlText text, int indent, bool inFlow, out bool lineEnded)
    {
        var value = new StringBuilder();
        var folding = new YamlFolding();
        while (!text.IsDocumentMark && text.Current != '#')
        {
            while (!text.IsBlankOrEnd)
            {
                if (inFlow && text.Current == ':' && text.At(1) is ',' or '?' or '[' or ']' or '{' or '}')
                    throw text.Problem("found unexpected ':'");
                if ((text.Current == ':' && text.IsBlankOrEndAt(1)) || (inFlow && text.Current is ',' or '[' or ']' or '{' or '}'))
                    break;
                if (!folding.IsEmpty)
                    folding.Join(value);
                text.Read(value);
            }

            if (!text.IsBlank && !text.IsBreak)
                break;
            while (text.IsBlank || text.IsBreak)
            {
                if (folding.LineEnded && text.Column <= indent && text.Current == '\t')
                    throw text.Problem("found a tab character that violates indentation");
                folding.Take(text);
            }

            if (!inFlow && text.Column <= indent)
                break;
        }

        lineEnded = folding.LineEnded;
        return value.ToString();
    }
}
