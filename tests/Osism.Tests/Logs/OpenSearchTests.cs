using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Osism.Daemon.Logs;
using Osism.Daemon.Platform;
using Osism.Testing;
using Osism.Tests.Remote;

namespace Osism.Tests.Logs;

/// <summary>Asks a web server that answers as OpenSearch does.</summary>
public sealed class OpenSearchTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private WebApplication _server = null!;
    private string _asked = "";

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync(_token);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Hits_become_lines_and_the_query_arrives_as_it_is()
    {
        using var store = Store();

        var hits = await store.AskAsync("SELECT * FROM flog WHERE Payload = '\"; x' LIMIT 5;", _token);

        Assert.Equal("SELECT * FROM flog WHERE Payload = '\"; x' LIMIT 5", _asked);
        Assert.Equal(["started", "2"], hits.Select(hit => hit.ToLine(verbose: false)));
        Assert.Equal("2026-01-31T00:00:00Z | node-0 | nova-api | started", hits[0].ToLine(verbose: true));
    }

    [Theory]
    [InlineData("refuse", "request.invalid", "Invalid SQL query: no index")]
    [InlineData("broken", "logs.away", "not as OpenSearch does")]
    [InlineData("other", "logs.away", "HTTP 503")]
    public async Task What_is_no_list_of_hits_is_said(string query, string code, string part)
    {
        using var store = Store();

        var error = await Assert.ThrowsAsync<OsismException>(() => store.AskAsync(query, _token));

        Assert.Equal(code, error.Code.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_away_is_named()
    {
        using var store = new OpenSearchStore(new Uri($"http://127.0.0.1:{FreePort.Next()}/"), TimeSpan.FromSeconds(10), verify: true);

        Assert.Equal("logs.away", (await Assert.ThrowsAsync<OsismException>(() => store.AskAsync("SELECT 1", _token))).Code.Code);
    }

    [Fact]
    public async Task The_address_is_that_of_the_environment_else_of_the_configuration()
    {
        await using var folder = new RemoteFolder();
        var unset = Assert.Throws<OsismException>(() => folder.Get<OpenSearchAddress>().Find());
        Assert.Equal("logs.away", unset.Code.Code);
        Assert.Contains("manager_opensearch_address", unset.Message, StringComparison.Ordinal);

        folder.Write("environments/manager/configuration.yml", "manager_opensearch_address: api-int.example\n");
        Assert.Equal("https://api-int.example:9200/", folder.Get<OpenSearchAddress>().Find().ToString());

        await using var other = new RemoteFolder(("OPENSEARCH_ADDRESS", "192.0.2.1"), ("OPENSEARCH_PORT", "19200"), ("OPENSEARCH_PROTOCOL", "http"));
        other.Write("environments/manager/configuration.yml", "manager_opensearch_address: api-int.example\n");
        Assert.Equal("http://192.0.2.1:19200/", other.Get<OpenSearchAddress>().Find().ToString());
    }

    [Theory]
    [InlineData("manager_opensearch_enable: false\nmanager_opensearch_address: a\n", "logs.away")]
    [InlineData("manager_opensearch_address: a/b?c\n", "configuration.broken")]
    [InlineData("manager_opensearch_address: a\nmanager_opensearch_protocol: file\n", "configuration.broken")]
    [InlineData("manager_opensearch_address: user@evil\n", "configuration.broken")]
    public async Task One_that_is_off_or_nonsense_is_none(string configuration, string code)
    {
        await using var folder = new RemoteFolder();
        folder.Write("environments/manager/configuration.yml", configuration);

        Assert.Equal(code, Assert.Throws<OsismException>(() => folder.Get<OpenSearchAddress>().Find()).Code.Code);
    }

    private OpenSearchStore Store() => new(new Uri(_server.Urls.Single()), TimeSpan.FromSeconds(10), verify: true);

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        _asked = context.Request is { Method: "POST", Path.Value: "/_plugins/_sql", QueryString.Value: "?format=json" } ? body.RootElement.GetProperty("query").GetString()! : "";
        var (status, text) = _asked switch
        {
            "" => (404, "{}"),
            "refuse" => (400, """{"error": {"reason": "Invalid SQL query", "details": "no index", "type": "x"}, "status": 400}"""),
            "broken" => (200, "<html>"),
            "other" => (503, "{}"),
            _ => (200, """
                {"hits": {"total": 2, "hits": [
                  {"_source": {"timestamp": "2026-01-31T00:00:00Z", "Hostname": "node-0", "programname": "nova-api", "Payload": "started"}},
                  {"_source": {"@timestamp": "x", "Payload": 2}}]}}
                """),
        };
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }
}
