using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>What lies below the repository's inventory. Section <c>inventory</c>.</summary>
internal sealed class InventoryOptions
{
    public const string Section = "inventory";

    private const string Absolute = "must be an absolute path";

    /// <summary>Folder that becomes <c>group_vars/</c> before everything else: default variables. Default none.</summary>
    [RegularExpression("^/.*", ErrorMessage = "inventory.defaults " + Absolute)]
    public string? Defaults { get; set; }

    /// <summary>Folder with the tree of groups. Default: what the manager ships.</summary>
    [RegularExpression("^/.*", ErrorMessage = "inventory.groups " + Absolute)]
    public string? Groups { get; set; }

    /// <summary>Folder over those two and below the repository. Default none.</summary>
    [RegularExpression("^/.*", ErrorMessage = "inventory.extra " + Absolute)]
    public string? Extra { get; set; }
}

[OptionsValidator]
internal sealed partial class InventoryOptionsValidator : IValidateOptions<InventoryOptions>;
