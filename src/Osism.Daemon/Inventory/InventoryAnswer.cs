using System.Text;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Output;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

/// <summary>Answers a question about an inventory that was read.</summary>
internal static class InventoryAnswer
{
    /// <summary>Writes the answer; when it fails nothing was written.</summary>
    /// <exception cref="OsismException">There is no such host or group, the question is none, or the inventory is broken where it matters.</exception>
    public static void Write(InventoryQuery query, InventoryReading reading, Stream output)
    {
        try
        {
            switch (query)
            {
                case { Action: "list" }:
                    new InventoryJson(reading).WriteList(output, query.Export);
                    break;
                case { Action: "host", Subject: { Length: > 0 } name }:
                    WriteHost(query, reading, name, output);
                    break;
                case { Action: "graph" }:
                    WriteGraph(query, reading, output);
                    break;
                case { Action: "match", Subject: { Length: > 0 } pattern }:
                    WriteHosts(reading.Patterns.Match(pattern), query.Format, output);
                    break;
                default:
                    throw new OsismException(ErrorCodes.RequestInvalid, "an inventory is asked for list, host NAME, graph [GROUP] or match PATTERN");
            }
        }
        catch (InventoryException e)
        {
            throw Translate(e);
        }
        catch (SourceException e)
        {
            throw new OsismException(e.IsSealed ? ErrorCodes.VaultSealed : ErrorCodes.VaultBroken, $"an encrypted variable cannot be shown: {e.Message}", e);
        }
    }

    /// <summary>A finding that ends everything, as an error of ours.</summary>
    public static OsismException Translate(InventoryException e) => new(CodeOf(e.Finding), e.Finding.Where + e.Message, e)
    {
        File = e.Finding.File,
        Line = e.Finding.Line > 0 ? e.Finding.Line : null,
    };

    private static ErrorCode CodeOf(Finding finding) => finding.Code switch
    {
        FindingCodes.VariablesSealed => ErrorCodes.VaultSealed,
        // The fault is in the question and not in the inventory.
        FindingCodes.PatternUnmatched => ErrorCodes.RequestInvalid,
        _ => ErrorCodes.ConfigurationBroken,
    };

    private static void WriteHost(InventoryQuery query, InventoryReading reading, string name, Stream output)
    {
        var hosts = reading.Patterns.Match(name);
        if (hosts.Count != 1)
        {
            throw hosts.Count > 1
                ? new OsismException(ErrorCodes.HostUnknown, $"'{name}' is {hosts.Count} hosts of the inventory and not one")
                : new OsismException(ErrorCodes.HostUnknown, $"there is no host '{name}' in the inventory") { Nearest = NearestNames.Find(name, reading.Inventory.Hosts.Select(host => host.Name)) };
        }

        new InventoryJson(reading).WriteHost(output, hosts[0], query.Export);
    }

    private static void WriteGraph(InventoryQuery query, InventoryReading reading, Stream output)
    {
        var group = reading.Inventory.FindGroup(query.Subject ?? InventoryDraft.All)
            ?? throw new OsismException(ErrorCodes.HostUnknown, $"there is no group '{query.Subject}' in the inventory")
            {
                Nearest = NearestNames.Find(query.Subject!, reading.Inventory.Groups.Select(known => known.Name)),
            };
        output.Write(Encoding.UTF8.GetBytes(new InventoryGraph(query.Vars ? reading.Variables : null, reading.Files.Open).Draw(group)));
    }

    private static void WriteHosts(IReadOnlyList<InventoryHost> hosts, string? format, Stream output)
    {
        if (format != "json")
        {
            foreach (var host in hosts)
                output.Write(Encoding.UTF8.GetBytes(EscapedUtf8.ForOutput(host.Name) + "\n"));
            return;
        }

        using var json = new PyJson(output, sorted: true);
        json.Write(new PySequence([.. hosts.Select(host => PyMapping.Of([new PyPair(new PyText("host"), new PyText(host.Name), 0)]))]), 0);
        json.Append("\n");
    }
}
