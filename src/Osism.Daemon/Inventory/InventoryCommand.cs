using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Lint;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

/// <summary><c>osismd inventory list|host|graph|match|lint ... -i PATH</c>: answers about an inventory and ends, without a manager or its settings.</summary>
/// <remarks>A stand-in for <c>ansible-inventory</c>: same output, and findings on stderr where Ansible has warnings.</remarks>
internal static class InventoryCommand
{
    /// <summary>First word on the command line.</summary>
    public const string Name = "inventory";

    /// <param name="args">What stands behind <see cref="Name"/>.</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="folder">Working directory: relative paths begin there, and its <c>group_vars</c> and <c>host_vars</c> count as those of a playbook.</param>
    /// <exception cref="OsismException">The words are not understood, the inventory cannot be used, or there is no such host or group.</exception>
    public static int Run(string[] args, Func<string, string?> variable, string folder, Stream output, TextWriter talk)
    {
        var arguments = InventoryArguments.Parse(args);
        var configuration = new AnsibleConfiguration(variable, folder);
        string[] sources = arguments.Sources.Count > 0 ? [.. arguments.Sources.Select(source => FullPath(source, folder))]
            : configuration.Inventory is { } named ? [FullPath(named, folder)]
            : throw new OsismException(ErrorCodes.RequestInvalid, "-i PATH says which inventory is meant");
        InventoryReading? reading = null;
        try
        {
            var vault = new VaultSecrets([.. arguments.PasswordFiles.Concat(configuration.PasswordFiles).Select(path => ReadPassword(Path.GetFullPath(path, folder)))]);
            if (arguments.Action == "lint")
                return Lint(InventoryLint.Check(sources, configuration.ToSettings(), vault, isPod: false), arguments.Format, output);
            reading = InventoryReading.Read(sources, Path.GetFullPath(arguments.PlaybookFolder ?? folder, folder), arguments.PlaybookFolder is not null, configuration.ToSettings(), vault);
            InventoryAnswer.Write(arguments.Query, reading, output);
            output.Flush();
            return ExitCode.Success;
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
        finally
        {
            foreach (var finding in reading?.Findings.Distinct() ?? [])
                talk.WriteLine($"warning: {finding}");
        }
    }

    private static int Lint(List<Finding> findings, string? format, Stream output)
    {
        if (format == "json")
        {
            var infos = findings.ConvertAll(finding => new InventoryFindingInfo(
                finding.File, finding.Line > 0 ? finding.Line : null, finding.Code, finding.Message, FindingCodes.IsError(finding.Code) ? "error" : "warning"));
            JsonSerializer.Serialize(output, infos, OsismJson.Default.ListInventoryFindingInfo);
            output.Write("\n"u8);
        }
        else
        {
            foreach (var finding in findings)
                output.Write(Encoding.UTF8.GetBytes($"{finding.Where}{finding.Code}: {finding.Message}\n"));
        }

        output.Flush();
        return findings.Count == 0 ? ExitCode.Success : ExitCode.Configuration;
    }

    private static string FullPath(string source, string folder) =>
        source.Contains(',', StringComparison.Ordinal) ? source : Path.GetFullPath(source, folder);

    private static string ReadPassword(string path)
    {
        try
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & UnixFileMode.UserExecute) != UnixFileMode.None)
                throw new OsismException(ErrorCodes.RequestInvalid, $"the vault password file {path} is a program, and programs are not run");
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.FileMissing, $"the vault password file {path} cannot be read: {e.Message}", e);
        }
    }
}
