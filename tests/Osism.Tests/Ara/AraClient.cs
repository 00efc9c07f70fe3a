using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Osism.Tests.Hosting;

namespace Osism.Tests.Ara;

/// <summary>Calls an ARA API over TCP, as ARA's clients do.</summary>
internal sealed class AraClient : IDisposable
{
    private readonly HttpClient _http;

    public AraClient(Uri server, string? password = null)
    {
        Server = server;
        _http = new HttpClient { BaseAddress = server };
        if (password is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"ara:{password}")));
        }
    }

    public Uri Server { get; }

    public static async Task<AraClient> OfAsync(Manager manager)
    {
        using var tcp = manager.Tcp;
        return new AraClient(tcp.BaseAddress!, (await manager.BearerAsync()).Parameter);
    }

    public Task<JsonElement> GetAsync(string path) => SendAsync("GET", path, null, HttpStatusCode.OK);

    public Task<JsonElement> PostAsync(string path, string body) => SendAsync("POST", path, body, HttpStatusCode.Created);

    public Task<JsonElement> PatchAsync(string path, string body) => SendAsync("PATCH", path, body, HttpStatusCode.OK);

    public async Task<JsonElement> SendAsync(string method, string path, string? body, HttpStatusCode expected)
    {
        var (status, text) = await AskAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body));
        Assert.True(status == expected, $"{method} {path}: {(int)status} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    public async Task<(HttpStatusCode Status, string Text)> AskAsync(string method, string path, byte[]? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path.StartsWith('/') ? path : $"/api/v1/{path}", UriKind.Relative));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A playbook with a file, a play, a task and a host.</summary>
    public async Task<Recording> BeginAsync()
    {
        var playbook = (await PostAsync("playbooks", """{"ansible_version":"2.14.18","path":"/p/site.yml","status":"running","started":"2026-11-20T09:11:07.386837+00:00"}""")).GetProperty("id").GetInt64();
        var file = (await PostAsync("files", $$"""{"playbook":{{playbook}},"path":"/p/site.yml","content":"- hosts: all\n"}""")).GetProperty("id").GetInt64();
        var play = (await PostAsync("plays", $$"""{"playbook":{{playbook}},"uuid":"02fc0000-0001-7c69-b49f-000000000004","name":"all","status":"running"}""")).GetProperty("id").GetInt64();
        var task = (await PostAsync("tasks", $$"""{"playbook":{{playbook}},"play":{{play}},"file":{{file}},"name":"say","action":"debug","lineno":3,"handler":false}""")).GetProperty("id").GetInt64();
        var host = (await PostAsync("hosts", $$"""{"playbook":{{playbook}},"name":"h1"}""")).GetProperty("id").GetInt64();
        return new Recording(playbook, file, play, task, host);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>Numbers of a recording.</summary>
internal sealed record Recording(long Playbook, long File, long Play, long Task, long Host)
{
    /// <summary>A result for POST, with what else it shall hold.</summary>
    public string Result(string more = "", string status = "ok") => $$"""{"playbook":{{Playbook}},"play":{{Play}},"task":{{Task}},"host":{{Host}},"status":"{{status}}"{{more}}}""";
}
