using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Remote;

namespace Osism.Daemon.Logs;

/// <summary><c>osism log opensearch</c>: SQL to the central log store, line by line.</summary>
internal sealed class OpenSearchPrompt(OpenSearchAddress address, IOptions<ConsoleOptions> options)
{
    /// <param name="verbose">Also when, where and by which program each line was written.</param>
    /// <param name="cancellationToken">Leaves it.</param>
    /// <returns>0, or what the last query ended with.</returns>
    /// <exception cref="OsismException">As <see cref="OpenSearchAddress.Find"/>.</exception>
    public async Task<int> RunAsync(bool verbose, CancellationToken cancellationToken)
    {
        using var store = new OpenSearchStore(address.Find(), options.Value.OpensearchTimeout, options.Value.OpensearchVerify);
        var escapes = Console.IsOutputRedirected;
        return await LinePrompt.RunAsync(Console.IsInputRedirected ? null : ">>> ", Console.In, Console.Error, async line =>
        {
            foreach (var hit in await store.AskAsync(line, cancellationToken))
                await Console.Out.WriteLineAsync(escapes ? hit.ToLine(verbose) : Harmless(hit.ToLine(verbose)));
            return ExitCode.Success;
        });
    }

    /// <summary>Whoever may write a log must not move the cursor of who reads it.</summary>
    private static string Harmless(string line) => string.Concat(line.Select(letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? '\uFFFD' : letter));
}

/// <summary>One line of a log.</summary>
internal sealed record LogHit(string? Timestamp, string? Hostname, string? Program, string Payload)
{
    public string ToLine(bool verbose) => verbose ? $"{Timestamp} | {Hostname} | {Program} | {Payload}" : Payload;
}

/// <summary>The SQL plugin of OpenSearch.</summary>
/// <remarks>Source: OpenSearch 2, SQL and PPL API, <c>POST _plugins/_sql</c> with <c>format=json</c>, which answers as a search does.</remarks>
internal sealed class OpenSearchStore : IDisposable
{
    private readonly HttpClient _http;

    public OpenSearchStore(Uri address, TimeSpan timeout, bool verify)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        if (!verify)
        {
#pragma warning disable CA5359 // The operator said so: console.opensearch_verify is false.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _http = new HttpClient(handler) { BaseAddress = address, Timeout = timeout };
    }

    /// <exception cref="OsismException"><c>logs.away</c>: it does not answer. <c>request.invalid</c>: it refuses the query, and says why.</exception>
    public async Task<IReadOnlyList<LogHit>> AskAsync(string query, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new ByteArrayContent(Body(query));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await _http.PostAsync(new Uri("_plugins/_sql?format=json", UriKind.Relative), content, cancellationToken);
            await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
            using var json = await JsonDocument.ParseAsync(stream, default, cancellationToken);
            return Read(json.RootElement, (int)answer.StatusCode);
        }
        catch (JsonException e)
        {
            throw new OsismException(ErrorCodes.LogsAway, $"{_http.BaseAddress} answers, but not as OpenSearch does", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new OsismException(
                ErrorCodes.LogsAway, $"the certificate of {_http.BaseAddress} is not trusted here: have this machine trust its authority, or set console.opensearch_verify to false", e);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new OsismException(ErrorCodes.LogsAway, $"{_http.BaseAddress} does not answer: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static byte[] Body(string query)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("query", query.TrimEnd(';', ' '));
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static IReadOnlyList<LogHit> Read(JsonElement answer, int status)
    {
        if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var error))
        {
            throw new OsismException(
                ErrorCodes.RequestInvalid,
                $"the log store refuses the query: {(error.ValueKind == JsonValueKind.Object ? $"{Text(error, "reason")}: {Text(error, "details")}" : error.ToString())}".ReplaceLineEndings(" "));
        }

        if (status is < 200 or > 299 || answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("hits", out var hits)
            || hits.ValueKind != JsonValueKind.Object || !hits.TryGetProperty("hits", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new OsismException(ErrorCodes.LogsAway, $"the log store answers with HTTP {status} and no list of hits");
        }

        return
        [
            .. list.EnumerateArray().Where(hit => hit.TryGetProperty("_source", out _)).Select(hit => hit.GetProperty("_source")).Select(source => new LogHit(
                Text(source, "timestamp") ?? Text(source, "@timestamp"), Text(source, "Hostname"), Text(source, "programname"), Text(source, "Payload") ?? source.GetRawText())),
        ];
    }

    private static string? Text(JsonElement source, string name) =>
        source.ValueKind == JsonValueKind.Object && source.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;
}
