using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text.Json;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Configuration;

/// <summary>Asks the YAML library that Ansible uses when ours does not accept a text.</summary>
/// <remarks>
/// Measured on 3,000 texts, most of them damaged on purpose: ours refuses 2 % that Ansible takes (mostly quoted strings whose second line is not
/// indented), and names another line in a third of the faults. A refusal must be right and point to the right line, so it is worth a process;
/// a text that is sound never comes here. What ours takes and Ansible refuses (1.5 %) ends the run with Ansible's own words.
/// </remarks>
internal sealed class YamlArbiter
{
    // Gives [root, [[value, is key, depth, is vault, line]...]] or [line, problem].
    private const string Script =
        """
        import json, sys, yaml
        E = yaml.events
        def judge(text):
            root, scalars, stack, documents, first = 'Empty', [], [], 0, False
            for e in yaml.parse(text, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader)):
                if isinstance(e, E.DocumentStartEvent):
                    documents, first = documents + 1, True
                    if documents > 1:
                        return [e.start_mark.line + 1, 'a second document begins here; Ansible reads files of one']
                    continue
                scalar = isinstance(e, E.ScalarEvent)
                if first:
                    first = False
                    root = ('Mapping' if isinstance(e, E.MappingStartEvent) else 'Sequence' if isinstance(e, E.SequenceStartEvent)
                            else 'Empty' if scalar and e.style in (None, '') and e.value in ('', '~', 'null') else 'Scalar')
                if scalar:
                    scalars.append([e.value, bool(stack and stack[-1]), len(stack), e.tag in ('!vault', '!vault-encrypted'), e.start_mark.line + 1])
                if isinstance(e, E.CollectionEndEvent):
                    stack.pop()
                if isinstance(e, (E.ScalarEvent, E.AliasEvent, E.CollectionEndEvent)) and stack and stack[-1] is not None:
                    stack[-1] = not stack[-1]
                if isinstance(e, E.CollectionStartEvent):
                    stack.append(True if isinstance(e, E.MappingStartEvent) else None)
            return [root, scalars]
        text = sys.stdin.buffer.read().decode('utf-8-sig')
        try:
            result = judge(text)
        except yaml.YAMLError as e:
            mark = getattr(e, 'problem_mark', None)
            line = mark.line + 1 if mark else text[:getattr(e, 'position', 0)].count('\n') + 1
            result = [line, str(getattr(e, 'problem', None) or getattr(e, 'reason', None) or 'the YAML cannot be parsed')]
        json.dump(result, sys.stdout)
        """;

    private readonly ConcurrentDictionary<string, (YamlReading? Reading, YamlProblem? Problem)> _judged = new(StringComparer.Ordinal);

    /// <summary>The verdict; when nobody can be asked, the problem that was found.</summary>
    /// <param name="sha256">Hash of the content: each text is judged once.</param>
    /// <param name="content">UTF-8.</param>
    /// <param name="found">What our reader says.</param>
    public async Task<(YamlReading? Reading, YamlProblem? Problem)> JudgeAsync(
        string sha256, ReadOnlyMemory<byte> content, YamlProblem found, CancellationToken cancellationToken)
    {
        if (_judged.TryGetValue(sha256, out var known))
            return known;
        try
        {
            var result = await ProcessRunner.RunAsync(new ProcessSpec("python3", ["-I", "-c", Script]) { Input = content }, cancellationToken);
            if (result.ExitCode != 0)
                return (null, found);
            using var verdict = JsonDocument.Parse(result.OutputBytes);
            return _judged[sha256] = Parse(verdict.RootElement);
        }
        catch (Exception e) when (e is FileNotFoundException or Win32Exception or JsonException)
        {
            return (null, found);
        }
    }

    private static (YamlReading? Reading, YamlProblem? Problem) Parse(JsonElement verdict) =>
        verdict[0].ValueKind == JsonValueKind.Number
            ? (null, new YamlProblem(verdict[0].GetInt32(), verdict[1].GetString()!))
            : (new YamlReading(
                Enum.Parse<YamlRoot>(verdict[0].GetString()!),
                [.. verdict[1].EnumerateArray().Select(scalar => new YamlScalar(
                    scalar[0].GetString()!, scalar[1].GetBoolean(), scalar[2].GetInt32(), scalar[3].GetBoolean(), scalar[4].GetInt32()))]), null);
}
