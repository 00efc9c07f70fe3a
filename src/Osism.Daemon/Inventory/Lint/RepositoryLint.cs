using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory.Lint;

/// <summary>Lints the repository's inventory among the layers that the manager lays around it.</summary>
/// <param name="look">Reads the sources now: what was made of them, and where it lies when it is in effect.</param>
/// <param name="findPassword">The vault password as it is now; null = there is none.</param>
internal sealed class RepositoryLint(
    ConfigurationRepository repository, Func<CancellationToken, Task<(Reconciled Made, InventorySnapshot? Snapshot)>> look, Func<CancellationToken, Task<string?>> findPassword)
{
    /// <exception cref="OsismException"><c>repository.missing</c>, or <c>file.missing</c> without the folder.</exception>
    public async Task<List<InventoryFindingInfo>> CheckAsync(CancellationToken cancellationToken)
    {
        repository.Require();
        if (!Directory.Exists(repository.Inventory))
            throw new OsismException(ErrorCodes.FileMissing, $"the configuration repository has no folder inventory/ ({repository.Inventory})") { File = "inventory" };
        var (made, published) = await look(cancellationToken);
        var known = RevisionInfos.Of(made.Findings);
        // What cannot be published is not looked at any further: one fault makes others seem to be.
        if (made.Fault is not null || published is not { } snapshot)
            return known;
        var password = await findPassword(cancellationToken);
        var vault = new VaultSecrets(password is null ? [] : [password]);
        try
        {
            var reading = InventoryReading.Read([snapshot.Path], null, playbookIsNamed: false, AnsibleSettings.Default with { ReportGroupNames = false }, vault);
            var findings = InventoryLint.CheckRevision(snapshot.Path, reading, new LoadedInventory(snapshot, reading).OriginOf, repository.Root);
            var own = findings.ConvertAll(Describe);
            return [.. known.Concat(own.Where(one => !known.Exists(other => (other.Code, other.File, other.Line) == (one.Code, one.File, one.Line))))
                .OrderBy(one => one.File, StringComparer.Ordinal).ThenBy(one => one.Line ?? 0)];
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
    }

    private InventoryFindingInfo Describe(Finding finding) => new(
        finding.File is null ? null : repository.Relative(finding.File), finding.Line > 0 ? finding.Line : null, finding.Code,
        finding.Message.Replace(repository.Root + "/", "", StringComparison.Ordinal), FindingCodes.IsError(finding.Code) ? "error" : "warning");
}
