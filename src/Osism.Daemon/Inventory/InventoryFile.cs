using System.Security.Cryptography;
using Osism.Contracts;
using Osism.Daemon.Inventory.Model;

namespace Osism.Daemon.Inventory;

/// <summary>One file of an inventory folder. Shared by all that hold it.</summary>
/// <param name="name">Path relative to the folder, with slashes.</param>
/// <param name="executable">Ansible runs executable files as dynamic inventories.</param>
internal sealed class InventoryFile(string name, bool executable, byte[] content)
{
    private string? _sha256;

    public string Name { get; } = name;

    public bool Executable { get; } = executable;

    public byte[] Content { get; } = content;

    /// <summary>Hexadecimal.</summary>
    public string Sha256 => _sha256 ??= Convert.ToHexStringLower(SHA256.HashData(Content));

    /// <summary>The same for the same content and mode.</summary>
    public string Key => Executable ? $"{Sha256}x" : Sha256;

    /// <summary>Whether it lies where Ansible looks for variables of hosts or groups.</summary>
    public bool IsBelowVariables => Name.StartsWith("group_vars/", StringComparison.Ordinal) || Name.StartsWith("host_vars/", StringComparison.Ordinal);

    /// <summary>Whether Ansible reads it as variables of hosts or groups: then broken YAML in it ends a run.</summary>
    public bool IsVariables => IsBelowVariables && Path.GetExtension(Name) is "" or ".yml" or ".yaml" or ".json";
}

/// <summary>What a run gets as its inventory.</summary>
/// <param name="Revision">Number of the immutable snapshot.</param>
/// <param name="Path">Folder with its content, for <c>ANSIBLE_INVENTORY</c>.</param>
/// <param name="ContentHash">SHA-256 over names, modes and contents, hexadecimal.</param>
internal sealed record InventorySnapshot(long Revision, string Path, string ContentHash)
{
    /// <summary>Files that are vault texts or hold them, and those named <c>secrets</c>; their paths are those of their sources.</summary>
    public required IReadOnlyList<InventorySecretFile> SecretFiles { get; init; }

    /// <summary>Why this is an older state than that of the sources; null when it is not.</summary>
    public InventoryStale? Stale { get; init; }
}

/// <summary>Why a run gets another revision than the sources would make.</summary>
/// <param name="Finding">What is wrong with the sources; null when somebody holds a revision.</param>
/// <param name="Message">One line for people.</param>
internal sealed record InventoryStale(Finding? Finding, string Message)
{
    /// <param name="effective">The revision that is given.</param>
    /// <param name="fault">What is wrong with the sources of now; null when nothing is.</param>
    /// <returns>Null when it is what the sources of now give.</returns>
    public static InventoryStale? Of(long effective, InventoryHead head, Finding? fault) =>
        head.Held == effective
            ? new InventoryStale(null, $"revision {effective} of the inventory is {(head.IsPinned ? "pinned" : "rolled back to")} by {head.HeldBy}: changes of its sources are not seen")
            : fault is null ? null
            : new InventoryStale(fault, $"the sources of the inventory are broken, so revision {effective} is used: {Reconciling.Reconciled.Describe(fault)}");
}

/// <param name="Facts">What was found in it.</param>
/// <param name="Content">Its bytes: a snapshot, like the inventory itself.</param>
internal sealed record InventorySecretFile(Configuration.YamlFacts Facts, byte[] Content);

/// <summary>Something the reconciler found.</summary>
/// <param name="Error">Why nothing is published of it, and what a caller is told; null for what only deserves a look.</param>
internal sealed record ReconcileFinding(Finding Finding, ErrorCode? Error)
{
    public bool IsBroken => Error is not null;
}
