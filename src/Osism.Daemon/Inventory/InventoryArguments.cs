using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

/// <summary>The words behind <c>osismd inventory</c>.</summary>
/// <param name="Action"><c>list</c>, <c>host</c>, <c>graph</c> or <c>match</c>.</param>
/// <param name="Subject">A host, a group or a pattern.</param>
internal sealed record InventoryArguments(string Action, string? Subject)
{
    public const string Usage = """
        usage: osismd inventory list        -i PATH... [--export]
               osismd inventory host HOST   -i PATH... [--export]
               osismd inventory graph [GROUP] -i PATH... [--vars]
               osismd inventory match PATTERN -i PATH... [--format text|json]
               osismd inventory lint        -i PATH... [--format text|json]
        also: [--playbook-dir FOLDER] [--vault-password-file FILE]...
        """;

    /// <summary>The same as a question to a manager.</summary>
    public InventoryQuery Query => new(Action, Subject, ShowVariables, Export, Format == "json" ? Format : null);

    /// <summary><c>-i</c>: any number of files, folders and lists.</summary>
    public List<string> Sources { get; } = [];

    public List<string> PasswordFiles { get; } = [];

    /// <summary><c>--playbook-dir</c>; null = the working directory.</summary>
    public string? PlaybookFolder { get; private set; }

    public bool ShowVariables { get; private set; }

    public bool Export { get; private set; }

    /// <summary><c>ansible</c>, <c>text</c> or <c>json</c>; null = what the action has.</summary>
    public string? Format { get; private set; }

    /// <exception cref="OsismException"><c>request.invalid</c></exception>
    public static InventoryArguments Parse(string[] args)
    {
        var words = new List<string>();
        var parsed = new InventoryArguments("", null);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--vars":
                    parsed.ShowVariables = true;
                    break;
                case "--export":
                    parsed.Export = true;
                    break;
                case "--":
                    words.AddRange(args[(i + 1)..]);
                    i = args.Length;
                    break;
                case ['-', not '0', ..] option when parsed.Take(option, ref i, args):
                    break;
                case ['-', ..] option:
                    throw Problem($"there is no option '{option}'");
                default:
                    words.Add(args[i]);
                    break;
            }
        }

        var fits = words switch
        {
            ["list"] or ["graph"] or ["lint"] => true,
            ["host" or "graph" or "match", { Length: > 0 }] => true,
            _ => false,
        };
        return fits ? parsed with { Action = words[0], Subject = words.Count > 1 ? words[1] : null } : throw Problem("the words are not understood");
    }

    private bool Take(string option, ref int place, string[] args)
    {
        var equal = option.StartsWith("--", StringComparison.Ordinal) ? option.IndexOf('=', StringComparison.Ordinal) : -1;
        var (name, value) = equal > 0 ? (option[..equal], option[(equal + 1)..])
            : option.StartsWith("-i", StringComparison.Ordinal) && option.Length > 2 && option[2] != '-' ? ("-i", option[2..])
            : (option, place + 1 < args.Length ? args[place + 1] : null);
        if (name is not ("-i" or "--inventory" or "--playbook-dir" or "--vault-password-file" or "--vault-pass-file" or "--format"))
            return false;
        if (value is null)
            throw Problem($"{name} needs a value");
        if (equal <= 0 && name == option)
            place++;
        switch (name)
        {
            case "-i" or "--inventory":
                Sources.Add(value);
                break;
            case "--playbook-dir":
                PlaybookFolder = value;
                break;
            case "--format":
                Format = value is "ansible" or "text" or "json" ? value : throw Problem($"--format is ansible, text or json, not '{value}'");
                break;
            default:
                PasswordFiles.Add(value);
                break;
        }

        return true;
    }

    private static OsismException Problem(string what) => new(ErrorCodes.RequestInvalid, $"{what}\n{Usage}");
}
