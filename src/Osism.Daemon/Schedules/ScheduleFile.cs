using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Schedules;

/// <summary>Reads <c>environments/schedules.yml</c>: a list of schedules, bare or below the key <c>schedules</c>.</summary>
internal static class ScheduleFile
{
    public const string RelativePath = "environments/schedules.yml";

    /// <summary>Takes a text apart. Everything that is wrong is named, not only the first.</summary>
    /// <param name="text">Content of the file.</param>
    /// <param name="refuse">Says why work cannot be started; null when it can.</param>
    public static (IReadOnlyList<ScheduleDefinition> Definitions, IReadOnlyList<ScheduleProblem> Problems) Read(
        string text, Func<ScheduledWork, string?> refuse)
    {
        var problems = new List<ScheduleProblem>();
        var definitions = new List<ScheduleDefinition>();
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count > 1)
            {
                throw new YamlException(stream.Documents[1].RootNode.Start, stream.Documents[1].RootNode.End, "a second document begins here; there must be one");
            }

            foreach (var node in stream.Documents.Count == 0 ? [] : Entries(stream.Documents[0].RootNode))
            {
                if (ScheduleEntry.Read(node, refuse, problems) is { } definition)
                {
                    definitions.Add(definition);
                    if (definitions.Find(other => other.Name == definition.Name) is { } other && other != definition)
                    {
                        problems.Add(new ScheduleProblem(RelativePath, definition.Line, $"there is a schedule '{definition.Name}' in line {other.Line} already"));
                    }
                }
            }
        }
        catch (YamlException e)
        {
            problems.Add(new ScheduleProblem(RelativePath, (int)Math.Max(1, e.Start.Line), e.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.')));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet 16.3 loses its way in some flow collections that are never closed.
            problems.Add(new ScheduleProblem(RelativePath, text.AsSpan().TrimEnd().Count('\n') + 1, "a bracket is not closed"));
        }

        return (definitions, problems);
    }

    private static IEnumerable<YamlNode> Entries(YamlNode root) => root switch
    {
        YamlSequenceNode list => list.Children,
        YamlScalarNode { Value: null or "" or "~" or "null" } => [],
        YamlMappingNode { Children.Count: 1 } top when top.Children.First() is { Key: YamlScalarNode { Value: "schedules" }, Value: var inner } => inner switch
        {
            YamlSequenceNode list => list.Children,
            YamlScalarNode { Value: null or "" or "~" or "null" } => [],
            _ => throw new YamlException(inner.Start, inner.End, "'schedules' must be a list of schedules, each beginning with '- name:'"),
        },
        _ => throw new YamlException(root.Start, root.End, "the file must hold a list of schedules, or the one key 'schedules' with such a list"),
    };
}
