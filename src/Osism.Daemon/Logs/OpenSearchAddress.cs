using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Remote;
using Osism.Daemon.Services;

namespace Osism.Daemon.Logs;

/// <summary>Finds the central log store.</summary>
internal sealed class OpenSearchAddress(ConfigurationValues values, RemoteHosts hosts, DaemonEnvironment environment)
{
    private const string DefaultProtocol = "https";
    private const string DefaultPort = "9200";

    /// <summary>By <c>OPENSEARCH_ADDRESS|PORT|PROTOCOL</c>, else by <c>manager_opensearch_address|port|protocol</c> of the environment manager or of its hosts.</summary>
    /// <remarks>Source of both: configuration reference, client.env.</remarks>
    /// <exception cref="OsismException"><c>logs.away</c>: none is set up. <c>configuration.broken</c>: what is set is no address.</exception>
    public Uri Find()
    {
        var isOff = ServiceScope.Truth(Value("enable")) == false;
        if (Variable("ADDRESS") is null && (isOff || Value("address") is null))
        {
            throw new OsismException(
                ErrorCodes.LogsAway,
                isOff ? "the pod has no central log store: manager_opensearch_enable is false"
                    : "no central log store is set up: set manager_opensearch_address (and _port, _protocol) in environments/manager/configuration.yml, or OPENSEARCH_ADDRESS");
        }

        var address = (Variable("ADDRESS") ?? Value("address"))!;
        var protocol = Variable("PROTOCOL") ?? Value("protocol") ?? DefaultProtocol;
        var text = $"{protocol}://{(address.Contains(':', StringComparison.Ordinal) && address[0] != '[' ? $"[{address}]" : address)}:{Variable("PORT") ?? Value("port") ?? DefaultPort}/";
        return protocol is "http" or "https" && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { AbsolutePath: "/", Query: "", UserInfo: "" }
            ? uri
            : throw new OsismException(ErrorCodes.ConfigurationBroken, $"the address of the central log store is '{text}', which is none: see manager_opensearch_address, _port and _protocol");
    }

    private string? Variable(string name) => environment.Variables.GetValueOrDefault($"OPENSEARCH_{name}") is { Length: > 0 } value ? value : null;

    private string? Value(string name) => values.Find("manager", $"manager_opensearch_{name}", OfInventory);

    private string? OfInventory(string name)
    {
        try
        {
            return hosts.ValueOf("manager", name);
        }
        catch (OsismException)
        {
            // Without an inventory the files of the configuration have to do.
            return null;
        }
    }
}
