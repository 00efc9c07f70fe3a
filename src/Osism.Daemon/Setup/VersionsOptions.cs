using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Setup;

/// <summary>Where <c>osism sync versions</c> finds what a release consists of. Section <c>versions</c>; an option of the command wins.</summary>
internal sealed class VersionsOptions
{
    public const string Section = "versions";

    /// <summary>Below it is <c>VERSION/base.yml</c> of each release. Default that of OSISM.</summary>
    [Url]
    public string ReleaseRepository { get; set; } = "https://raw.githubusercontent.com/osism/release/main";

    /// <summary>Image, without tag, that lists the versions of a release. Default that of OSISM.</summary>
    [Required]
    public string ReleaseImage { get; set; } = "registry.osism.cloud/kolla/release/sbom";

    /// <summary>The same for a version of OpenStack that is no release. Default that of OSISM.</summary>
    [Required]
    public string Image { get; set; } = "registry.osism.cloud/kolla/sbom";

    /// <summary>How long the description of a release may take to arrive. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class VersionsOptionsValidator : IValidateOptions<VersionsOptions>;
