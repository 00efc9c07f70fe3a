using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Osism.Daemon.Configuration;

/// <summary>Top of a YAML text.</summary>
internal enum YamlRoot
{
    /// <summary>Nothing, or null.</summary>
    Empty,
    Mapping,
    Sequence,
    Scalar,

    /// <summary>Not known: the text is encrypted or broken.</summary>
    Unknown,
}

/// <summary>One scalar of a YAML text.</summary>
/// <param name="Value">As text, whatever type Ansible will give it.</param>
/// <param name="IsKey">Whether it is a key of a mapping.</param>
/// <param name="Depth">In how many collections it lies.</param>
/// <param name="IsVault">Whether it is tagged as a vault text.</param>
/// <param name="Line">Where it begins, from 1.</param>
internal sealed record YamlScalar(string Value, bool IsKey, int Depth, bool IsVault, int Line);

/// <summary>What is wrong with a YAML text.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Message">Without file and line.</param>
internal sealed record YamlProblem(int Line, string Message);

/// <summary>A YAML text taken apart as far as a run has to know it beforehand.</summary>
internal sealed record YamlReading(YamlRoot Root, IReadOnlyList<YamlScalar> Scalars)
{
    public static readonly YamlReading Nothing = new(YamlRoot.Unknown, []);

    /// <summary>All values that are not vault texts of their own.</summary>
    public IEnumerable<string> Values => Scalars.Where(scalar => !scalar.IsKey && !scalar.IsVault).Select(scalar => scalar.Value);

    /// <summary>Values that <c>ansible-vault encrypt_string</c> made.</summary>
    public IEnumerable<InlineVault> Inline => Scalars.Where(scalar => scalar.IsVault).Select(scalar => new InlineVault(scalar.Line, scalar.Value));

    /// <summary>Value of a key at the top of a mapping; null when there is none or it is no scalar.</summary>
    public YamlScalar? TopValue(string key)
    {
        YamlScalar? found = null;
        for (var i = 0; i + 1 < Scalars.Count; i++)
        {
            if (Scalars[i] is { IsKey: true, Depth: 1 } name && name.Value == key && Scalars[i + 1] is { IsKey: false, Depth: 1 } value)
                found = value;
        }

        return found;
    }

    /// <summary>Reads with YamlDotNet: quick, and right in nearly all cases (see <see cref="YamlArbiter"/>).</summary>
    /// <remarks>Duplicate keys and unknown tags pass: Ansible warns about the first, and the second are the business of the play.</remarks>
    public static (YamlReading? Reading, YamlProblem? Problem) Read(string text)
    {
        try
        {
            return (Walk(text), null);
        }
        catch (YamlException e)
        {
            return (null, new YamlProblem(Math.Max(1, (int)e.Start.Line), e.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.')));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet 16.3 loses its way in some flow collections that are never closed.
            return (null, new YamlProblem(text.AsSpan().TrimEnd().Count('\n') + 1, "a bracket is not closed"));
        }
    }

    private static YamlReading Walk(string text)
    {
        var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        var scalars = new List<YamlScalar>();
        // One entry per open collection: null in a sequence, else whether a key comes next.
        var open = new Stack<bool?>();
        var root = YamlRoot.Empty;
        var documents = 0;
        var first = false;
        while (parser.MoveNext())
        {
            var current = parser.Current!;
            if (current is DocumentStart start)
            {
                if (++documents > 1)
                    throw new SemanticErrorException(start.Start, start.End, "a second document begins here; Ansible reads files of one");
                first = true;
                continue;
            }

            if (first)
            {
                first = false;
                root = RootOf(current);
            }

            if (current is Scalar scalar)
                scalars.Add(new YamlScalar(scalar.Value, open.TryPeek(out var next) && next == true, open.Count, IsVault(scalar), (int)scalar.Start.Line));
            if (current is MappingEnd or SequenceEnd)
                open.Pop();
            if (current is Scalar or AnchorAlias or MappingEnd or SequenceEnd && open.TryPop(out var key))
                open.Push(!key);
            if (current is MappingStart or SequenceStart)
                open.Push(current is MappingStart ? true : null);
        }

        return new YamlReading(root, scalars);
    }

    private static YamlRoot RootOf(ParsingEvent first) => first switch
    {
        MappingStart => YamlRoot.Mapping,
        SequenceStart => YamlRoot.Sequence,
        Scalar { Style: ScalarStyle.Plain, Value: "" or "~" or "null" } => YamlRoot.Empty,
        _ => YamlRoot.Scalar,
    };

    private static bool IsVault(Scalar scalar) => !scalar.Tag.IsEmpty && scalar.Tag.Value is "!vault" or "!vault-encrypted";
}
