using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Lifecycle.Doctors;

/// <summary>Asks a running manager how it is, as its users do.</summary>
internal sealed class RemoteDoctor(OsismHome home) : IDisposable
{
    private const int Shown = 3;

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectCallback = (_, token) => ConnectAsync(home.Socket, token) })
    {
        BaseAddress = new Uri("http://osismd"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public async Task<IReadOnlyList<Diagnosis>> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await GetAsync(ApiRoutes.Status, OsismJson.Default.StatusInfo, cancellationToken);
            var found = status.Components.Where(part => part.State != "up")
                .Select(part => Diagnosis.Fault(part.Name, $"is {part.State}: {part.Detail}", part.Kind == "worker" ? "look at its machine; 'osism worker forget' when it is gone for good" : "look at the log of osismd")).ToList();
            if (found.Count == 0)
            {
                found.Add(Diagnosis.Fine("parts", $"{status.Components.Count} of the manager are up"));
            }

            foreach (var runtime in (await GetAsync(ApiRoutes.Runtimes, OsismJson.Default.PageRuntimeInfo, cancellationToken)).Items.Where(runtime => runtime.Detail is not null))
            {
                found.Add(Diagnosis.Doubt($"runtime {runtime.Name}", $"is {runtime.State}: {runtime.Detail}", "'osism runtime list' shows them all"));
            }

            var check = (await GetAsync(ApiRoutes.ConfigurationCheck, OsismJson.Default.PageInventoryFindingInfo, cancellationToken)).Items;
            var errors = check.Where(finding => finding.Severity == "error").ToList();
            found.Add(errors.Count == 0
                ? Diagnosis.Fine("repository", $"{check.Count} remarks, no error")
                : Diagnosis.Fault(
                    "repository", string.Join("; ", errors.Take(Shown).Select(finding => $"{finding.File}:{finding.Line}: {finding.Message}")) + (errors.Count > Shown ? $"; {errors.Count - Shown} more" : ""),
                    "osism configuration check"));
            var vault = await GetAsync(ApiRoutes.Vault, OsismJson.Default.VaultInfo, cancellationToken);
            found.Add(vault.Set ? Diagnosis.Fine("vault password") : Diagnosis.Doubt("vault password", "is not set", "osism vault password set, if files of the repository are encrypted"));
            return found;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return [Diagnosis.Fault("API", $"does not answer on {home.Socket}: {e.Message}", "look at the log of osismd; restart it, runs go on meanwhile")];
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync(new Uri(path, UriKind.Relative), type, cancellationToken))!;

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
