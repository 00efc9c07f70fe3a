namespace Osism.Daemon.Inventory.Model;

/// <summary>Something about an inventory that somebody should look at.</summary>
/// <param name="Code"><c>noun.reason</c>; see <see cref="FindingCodes"/>.</param>
/// <param name="File">Full path; null where no file is meant.</param>
/// <param name="Line">From 1; 0 where the file as a whole is meant.</param>
/// <param name="Message">One line for people.</param>
internal sealed record Finding(string Code, string? File, int Line, string Message)
{
    /// <summary><c>FILE:LINE: MESSAGE</c>, as compilers write it.</summary>
    public string Where => File is null ? "" : Line > 0 ? $"{File}:{Line}: " : $"{File}: ";

    public override string ToString() => $"{Code}: {Where}{Message}";
}

/// <summary>Codes of findings. They may grow, never change; the handbook's page on inventories lists them.</summary>
internal static class FindingCodes
{
    /// <summary>No reader understood a source: what it had before its fault is kept, the rest is missing, as with Ansible.</summary>
    public const string SourceUnparsed = "source.unparsed";

    /// <summary>A program would have to be run to know its hosts, or a plugin: neither is done here.</summary>
    public const string SourceProgram = "source.program";

    /// <summary>A source is not there, is no ordinary file or may not be read.</summary>
    public const string SourceMissing = "source.missing";

    /// <summary>A file or folder of the sources may not be read.</summary>
    public const string SourceUnreadable = "source.unreadable";

    /// <summary>A file has more bytes than are taken.</summary>
    public const string SourceTooLarge = "source.too_large";

    /// <summary>Nobody is in a group that plays of OSISM build on, and no file names it.</summary>
    public const string BaseGroupMissing = "group.base_missing";

    /// <summary>A file of variables beside a folder of the same name could not be moved into it.</summary>
    public const string VariablesHidden = "variables.hidden";

    /// <summary><c>ansible.cfg</c> cannot be read.</summary>
    public const string ConfigBroken = "config.broken";

    /// <summary>A key occurs twice in a mapping.</summary>
    public const string DuplicateKey = "yaml.duplicate_key";

    /// <summary>Part of a YAML source that is no group, and was left out.</summary>
    public const string EntrySkipped = "group.entry_skipped";

    /// <summary>A host and a group have the same name; variables of the host go to the group.</summary>
    public const string NameConflict = "host.is_group";

    /// <summary>Several of <c>localhost</c>, <c>127.0.0.1</c> and <c>::1</c> are hosts.</summary>
    public const string SecondLocalhost = "host.second_localhost";

    /// <summary>Characters in a group's name that a variable's name cannot have.</summary>
    public const string GroupName = "group.name";

    /// <summary>A file of variables cannot be read as such: a run with that inventory fails.</summary>
    public const string VariablesBroken = "variables.broken";

    /// <summary>A file of variables is encrypted and no password is known, or another one.</summary>
    public const string VariablesSealed = "variables.sealed";

    /// <summary>A link leads out of the folder it is in.</summary>
    public const string LinkOutside = "link.outside";

    /// <summary>A source holds bytes that are not UTF-8.</summary>
    public const string SourceEncoding = "source.encoding";

    /// <summary>A file that Ansible does not read as a source because of its name.</summary>
    public const string SourceIgnored = "source.ignored";

    /// <summary>A file that takes long to read.</summary>
    public const string SourceLarge = "source.large";

    /// <summary>One source puts a host into one group twice.</summary>
    public const string DuplicateHost = "host.duplicate";

    /// <summary>Two hosts differ in upper and lower case only.</summary>
    public const string HostCase = "host.case";

    /// <summary>The name of a host is none that DNS could have in lower case.</summary>
    public const string HostName = "host.name";

    /// <summary>A host is not in the group <c>generic</c>, on which the plays for all hosts work.</summary>
    public const string HostNotGeneric = "host.not_generic";

    /// <summary>A group without hosts, groups or variables that no other group holds.</summary>
    public const string GroupUnused = "group.unused";

    /// <summary>A YAML file of the repository that Ansible cannot read.</summary>
    public const string YamlBroken = "yaml.broken";

    /// <summary>An environment lacks one of the files that every run needs.</summary>
    public const string EnvironmentFileMissing = "environment.file_missing";

    /// <summary>A file that every run needs has no key.</summary>
    public const string EnvironmentFileEmpty = "environment.file_empty";

    /// <summary>Something in <c>environments/services.yml</c> does not count.</summary>
    public const string ServicesFault = "services.fault";

    /// <summary>A folder of overlays for a host that is not in the inventory.</summary>
    public const string OverlayNoHost = "overlay.no_host";

    /// <summary>Variables for a host that is not in the inventory.</summary>
    public const string VariablesNoHost = "variables.no_host";

    /// <summary>Variables for a group that is not in the inventory.</summary>
    public const string VariablesNoGroup = "variables.no_group";

    /// <summary>A file below <c>group_vars</c> or <c>host_vars</c> that Ansible does not read.</summary>
    public const string VariablesIgnored = "variables.ignored";

    /// <summary>A value that no host gets, as stronger ones hide it everywhere.</summary>
    public const string VariablesShadowed = "variables.shadowed";

    /// <summary>A pattern, or a part of it, names nothing.</summary>
    public const string PatternUnmatched = "pattern.unmatched";

    /// <summary>A value cannot be shown as JSON.</summary>
    public const string ValueUnwritable = "value.unwritable";

    /// <summary>Keys cannot be sorted, so nothing is.</summary>
    public const string ValueUnsortable = "value.unsortable";

    /// <summary>Whether runs fail by it, or do not see what somebody wrote.</summary>
    public static bool IsError(string code) => code is SourceUnparsed or SourceMissing or SourceEncoding or VariablesBroken or VariablesSealed or ValueUnwritable or YamlBroken or EnvironmentFileMissing or EnvironmentFileEmpty or ServicesFault;
}

/// <summary>The inventory cannot be used for what was asked; with Ansible the call fails too.</summary>
internal sealed class InventoryException(Finding finding, Exception? inner = null) : Exception(finding.Message, inner)
{
    public Finding Finding { get; } = finding;
}
