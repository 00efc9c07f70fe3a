using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Configuration;

/// <summary>Where the configuration repository is. Section <c>configuration</c>; <c>OSISM_CONFIGURATION</c> sets <see cref="Path"/>.</summary>
internal sealed class ConfigurationOptions
{
    public const string Section = "configuration";

    /// <summary>Absolute path of the git checkout that describes the pod. Default <c>/opt/configuration</c>.</summary>
    [Required]
    [RegularExpression("^/.*", ErrorMessage = "configuration.path must be an absolute path")]
    public string Path { get; set; } = "/opt/configuration";
}

[OptionsValidator]
internal sealed partial class ConfigurationOptionsValidator : IValidateOptions<ConfigurationOptions>;
