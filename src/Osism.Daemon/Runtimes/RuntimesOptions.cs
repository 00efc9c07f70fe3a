using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Runtimes;

/// <summary>Where the runtimes are. Section <c>runtimes</c>: <c>runtimes.NAME.path</c> and <c>runtimes.NAME.ansible_playbook</c>.</summary>
internal sealed class RuntimesOptions
{
    public const string Section = "runtimes";

    /// <summary>Settings by name of the runtime; what is not named has its defaults.</summary>
    public Dictionary<string, RuntimeSettings> Named { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings of one runtime. The settings loader may have taken dashes or underscores out of the name.</summary>
    public RuntimeSettings? Find(string name) =>
        Named.FirstOrDefault(pair => Bare(pair.Key).Equals(Bare(name), StringComparison.OrdinalIgnoreCase)).Value;

    private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}

/// <summary>One runtime.</summary>
internal sealed class RuntimeSettings
{
    /// <summary>Absolute path of its folder of playbooks. Default: for osism-ansible the plays shipped with the manager, for the others <c>$OSISM_HOME/runtimes/NAME</c>.</summary>
    public string? Path { get; set; }

    /// <summary>Absolute path of its <c>ansible-playbook</c>. Default: <c>venv/bin</c> or <c>bin</c> in its folder, else the one found in the PATH of runs.</summary>
    public string? AnsiblePlaybook { get; set; }
}

/// <summary>All paths of the section must be absolute and the names known; every mistake is named.</summary>
internal sealed class RuntimesOptionsValidator : IValidateOptions<RuntimesOptions>
{
    public ValidateOptionsResult Validate(string? name, RuntimesOptions options)
    {
        var faults = new List<string>();
        foreach (var (runtime, settings) in options.Named)
        {
            if (!RuntimeCatalog.Names.Any(known => ReferenceEquals(options.Find(known), settings)))
                faults.Add($"runtimes.{runtime}: there is no such runtime; known are {string.Join(", ", RuntimeCatalog.Names)}");
            if (settings.Path is { } path && !Path.IsPathRooted(path))
                faults.Add($"runtimes.{runtime}.path must be an absolute path");
            if (settings.AnsiblePlaybook is { } program && !Path.IsPathRooted(program))
                faults.Add($"runtimes.{runtime}.ansible_playbook must be an absolute path");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

/// <summary>What runtimes tell about themselves. Section <c>interface</c>.</summary>
internal sealed class InterfaceOptions
{
    public const string Section = "interface";

    /// <summary>Absolute path of the folder that holds <c>playbooks/RUNTIME.yml</c> (role: environment). Default <c>$OSISM_HOME/interface</c>.</summary>
    [RegularExpression("^/.*", ErrorMessage = "interface.path must be an absolute path")]
    public string? Path { get; set; }
}

[OptionsValidator]
internal sealed partial class InterfaceOptionsValidator : IValidateOptions<InterfaceOptions>;
