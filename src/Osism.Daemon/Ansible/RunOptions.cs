using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Ansible;

/// <summary>Who runs Ansible. Section <c>run</c>.</summary>
internal sealed class RunOptions
{
    public const string Section = "run";

    /// <summary>User of the runs when the manager is root; otherwise they run as the manager's own user. Default <c>dragon</c>.</summary>
    [Required, RegularExpression("^[a-z_][a-z0-9_-]{0,31}$")]
    public string User { get; set; } = "dragon";

    /// <summary>Parallel hosts of a run where neither the repository nor <c>ANSIBLE_FORKS</c> says. 0 (default) = 4 per processor, 5 to 16, less when memory is short.</summary>
    [Range(0, 500)]
    public int Forks { get; set; }

    /// <summary>Folder of the manager's callback plugin. Default: <c>callback_plugins</c> beside the shipped plays.</summary>
    [RegularExpression("^/.*", ErrorMessage = "run.callback_plugins must be an absolute path")]
    public string? CallbackPlugins { get; set; }
}

[OptionsValidator]
internal sealed partial class RunOptionsValidator : IValidateOptions<RunOptions>;
