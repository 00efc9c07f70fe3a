using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Runtimes;

/// <summary>What a runtime says of one of its roles.</summary>
/// <param name="Description">One line.</param>
/// <param name="Hosts">Where it runs when nothing else is said: a pattern of Ansible.</param>
/// <param name="Danger">One of <see cref="RoleNotes.Dangers"/>.</param>
/// <param name="Scope">One of <see cref="RoleNotes.Scopes"/>.</param>
internal sealed record RoleNote(string? Description, string? Hosts, string? Danger, string? Scope);

/// <summary>Reads the file <c>roles.yml</c> that a runtime may carry beside its playbooks; its form is told at the head of that of osism-ansible.</summary>
internal static class RoleNotes
{
    public const string File = "roles.yml";

    public static readonly IReadOnlyList<string> Dangers = ["none", "low", "high", "destructive"];

    public static readonly IReadOnlyList<string> Scopes = ["host", "group", "everything"];

    private static readonly string[] Fields = ["environment", "description", "hosts", "danger", "scope", "confirm"];

    /// <param name="file">Its path; a file that is not there says nothing.</param>
    /// <param name="fault">Told what is wrong with it, each with its line; what can be read counts all the same.</param>
    public static IReadOnlyDictionary<string, RoleNote> Read(string file, Action<string> fault)
    {
        var notes = new Dictionary<string, RoleNote>(StringComparer.Ordinal);
        if (!System.IO.File.Exists(file))
            return notes;
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(file);
            yaml.Load(reader);
        }
        catch (YamlException e)
        {
            fault($"line {e.Start.Line}: {e.Message}");
            return notes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault(e.Message);
            return notes;
        }

        if (yaml.Documents is not [{ RootNode: YamlMappingNode roles }, ..])
        {
            fault("it is not a mapping of roles");
            return notes;
        }

        foreach (var (role, said) in roles)
        {
            if (role is YamlScalarNode { Value: { Length: > 0 } name } && said is YamlMappingNode fields)
                notes[name] = Note(name, fields, fault);
            else
                fault($"line {role.Start.Line}: {role} is not a role with its fields");
        }

        return notes;
    }

    private static RoleNote Note(string role, YamlMappingNode fields, Action<string> fault)
    {
        foreach (var (field, _) in fields.Where(field => !Fields.Contains((field.Key as YamlScalarNode)?.Value, StringComparer.Ordinal)))
            fault($"line {field.Start.Line}: {role} has no field '{field}'; known are {string.Join(", ", Fields)}");
        return new RoleNote(Text("description"), Text("hosts"), OneOf("danger", Dangers), OneOf("scope", Scopes));

        YamlScalarNode? Scalar(string name) =>
            fields.Children.FirstOrDefault(field => (field.Key as YamlScalarNode)?.Value == name).Value as YamlScalarNode;

        string? Text(string name) => Scalar(name)?.Value is { Length: > 0 } value ? value : null;

        string? OneOf(string name, IReadOnlyList<string> values)
        {
            if (Scalar(name) is not { } node || values.Contains(node.Value, StringComparer.Ordinal))
                return Scalar(name)?.Value;
            fault($"line {node.Start.Line}: {name} of {role} is '{node.Value}': it must be {string.Join(", ", values)}");
            return null;
        }
    }
}
