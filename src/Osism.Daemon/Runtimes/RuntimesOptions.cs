using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Runtimes;

/// <summary>What the runtimes are. Section <c>runtimes</c>: <c>runtimes.NAME.path</c> and what else <see cref="RuntimeSettings"/> has.</summary>
internal sealed class RuntimesOptions
{
    public const string Section = "runtimes";

    /// <summary>Settings by name of the runtime; what is not named has its defaults. A name that the manager does not know is a runtime of the operator's own.</summary>
    public Dictionary<string, RuntimeSettings> Named { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings of one runtime. The settings loader may have taken dashes or underscores out of the name.</summary>
    public RuntimeSettings? Find(string name) =>
        Named.FirstOrDefault(pair => Bare(pair.Key).Equals(Bare(name), StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Names of the operator's own runtimes, sorted.</summary>
    public IReadOnlyList<string> Own() =>
        [.. Named.Keys.Where(name => !RuntimeCatalog.BuiltIn.Any(known => Bare(known).Equals(Bare(name), StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal)];

    private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}

/// <summary>What a runtime is.</summary>
internal enum RuntimeKind
{
    /// <summary>A folder of playbooks, and an Ansible of this machine.</summary>
    Directory,

    /// <summary>A folder of playbooks, and a Python virtual environment with its Ansible.</summary>
    Venv,

    /// <summary>An image with playbooks and Ansible, run by podman or docker.</summary>
    Container,
}

/// <summary>One runtime.</summary>
internal sealed class RuntimeSettings
{
    /// <summary>Default: <c>container</c> with an <see cref="Image"/>, <c>venv</c> with a <see cref="Venv"/>, else <c>directory</c>.</summary>
    public RuntimeKind? Kind { get; set; }

    /// <summary>Absolute path of its folder of playbooks. Default: for osism-ansible the plays shipped with the manager, for others <c>$OSISM_HOME/runtimes/NAME</c>;
    /// of an image the folder in it, <c>/ansible</c>.</summary>
    public string? Path { get; set; }

    /// <summary>Absolute path of its <c>ansible-playbook</c>. Default: <c>venv/bin</c> or <c>bin</c> in its folder, else the one found in the PATH of runs; in an image whatever its PATH finds.</summary>
    public string? AnsiblePlaybook { get; set; }

    /// <summary>Absolute path of the virtual environment of kind <c>venv</c>. Default: <c>venv</c> in its folder.</summary>
    public string? Venv { get; set; }

    /// <summary>Versions of ansible-core it works with, such as <c>&gt;=2.15,&lt;2.20</c>: operators <c>==</c>, <c>!=</c>, <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c>, all must hold. Default: any.</summary>
    public string? Ansible { get; set; }

    /// <summary>Image of kind <c>container</c>, as the engine names it.</summary>
    public string? Image { get; set; }

    /// <summary>Container engine: a name in the PATH of runs or an absolute path. Default <c>podman</c>, <c>docker</c> where that one is missing.</summary>
    public string? Engine { get; set; }

    /// <summary>Options of the engine itself, before its command <c>run</c>.</summary>
    public List<string> EngineOptions { get; } = [];

    /// <summary>Options of its command <c>run</c>, besides ours.</summary>
    public List<string> RunOptions { get; } = [];

    /// <summary>Environments whose plays belong to a runtime of the operator's own.</summary>
    public List<string> Environments { get; } = [];

    /// <summary>Queue of the jobs of a runtime of the operator's own. Default <c>osism-ansible</c>.</summary>
    public string? Queue { get; set; }

    public RuntimeKind EffectiveKind => Kind ?? (Image is not null ? RuntimeKind.Container : Venv is not null ? RuntimeKind.Venv : RuntimeKind.Directory);
}

/// <summary>Paths must be absolute, words known, and what belongs together must be there; every mistake is named.</summary>
internal sealed partial class RuntimesOptionsValidator : IValidateOptions<RuntimesOptions>
{
    public ValidateOptionsResult Validate(string? name, RuntimesOptions options)
    {
        var faults = new List<string>();
        foreach (var (runtime, settings) in options.Named)
        {
            var isOwn = options.Own().Contains(runtime, StringComparer.OrdinalIgnoreCase);
            faults.AddRange(Faults(settings, isOwn).Select(fault => $"runtimes.{runtime}{fault}"));
            if (isOwn && !Name().IsMatch(runtime))
                faults.Add($"runtimes.{runtime}: the name of a runtime has small letters, digits and dashes");
        }

        var claims = options.Named.SelectMany(pair => pair.Value.Environments.Select(environment => (environment, pair.Key))).GroupBy(claim => claim.environment, StringComparer.Ordinal);
        faults.AddRange(claims.Where(claim => claim.Count() > 1)
            .Select(claim => $"runtimes.{claim.Last().Key}.environments: {claim.Key} belongs to {claim.First().Key} already"));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(RuntimeSettings settings, bool isOwn)
    {
        foreach (var (key, path) in new[] { (".path", settings.Path), (".ansible_playbook", settings.AnsiblePlaybook), (".venv", settings.Venv) })
        {
            if (path is not null && !Path.IsPathRooted(path))
                yield return $"{key} must be an absolute path";
        }

        var kind = settings.EffectiveKind;
        if (kind == RuntimeKind.Container && settings.Image is null)
            yield return ".image is missing: a runtime of kind container is an image";
        if (kind != RuntimeKind.Container && (settings.Image ?? settings.Engine) is not null)
            yield return $".{(settings.Image is null ? "engine" : "image")} belongs to kind container, and kind is {kind.ToString().ToLowerInvariant()}";
        if (kind != RuntimeKind.Venv && settings.Venv is not null)
            yield return $".venv belongs to kind venv, and kind is {kind.ToString().ToLowerInvariant()}";
        if (settings.Ansible is { } wanted && VersionRange.Parse(wanted) is null)
            yield return $".ansible is '{wanted}': it must be conditions such as >=2.15,<2.20";
        if (settings.Queue is { } queue && !QueueNames.All.Contains(queue, StringComparer.Ordinal))
            yield return $".queue is '{queue}': it must be one of {string.Join(", ", QueueNames.All)}";
        if (!isOwn && (settings.Environments.Count > 0 || settings.Queue is not null))
            yield return $".{(settings.Queue is null ? "environments" : "queue")} can be set for a runtime of your own only: this one has its own";
        if (isOwn && settings.Environments.Count == 0)
            yield return ": there is no such runtime, and one of your own needs environments: those whose plays it owns";
        foreach (var taken in settings.Environments.Where(environment => isOwn && (Runtime.OsismEnvironments.Contains(environment, StringComparer.Ordinal) || environment == RuntimeCatalog.Custom)))
            yield return $".environments: {taken} belongs to a runtime of the manager";
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
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
