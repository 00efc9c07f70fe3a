using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Hosting;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Hosting;

/// <summary>The real manager in this process, with a home, a database and a repository of its own; a shell script stands in for ansible-playbook.</summary>
internal sealed class Manager : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestDatabase _database;
    private readonly Dictionary<string, string> _environment;

    private Manager(TestDatabase database, IReadOnlyDictionary<string, string> settings)
    {
        _database = database;
        Home = new OsismHome(_folder["home"]);
        foreach (var file in new[] { "configuration", "images", "secrets" })
        {
            Write(Path.Combine(Repository, "environments", $"{file}.yml"), "a: b\n");
            Write(Path.Combine(Repository, "environments", "generic", $"{file}.yml"), "a: b\n");
        }

        Write(Path.Combine(Repository, "inventory", "hosts"), "[all]\nlocalhost ansible_connection=local\n");
        // A file that somebody has open for writing cannot be run, and a process that another test starts just now would have it open for a moment.
        // So what is run is written here, long before that, and reads what changes.
        Write(StandIn, $"#!/bin/sh\n. {_folder["play.sh"]}\n");
        File.SetUnixFileMode(StandIn, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Play("exit 0");
        _environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_HOME"] = Home.Root,
            ["OSISM_CONFIGURATION"] = Repository,
            ["OSISM_DATABASE"] = database.ConnectionString,
            ["OSISM_LISTEN"] = "127.0.0.1:0",
            ["OSISM_RUN__USER"] = UnixUser.Current.Name,
            ["OSISM_SPOOL__NAMESPACE"] = "false",
            ["OSISM_RUNTIMES__OSISM-ANSIBLE__ANSIBLE_PLAYBOOK"] = StandIn,
            ["GATHER_FACTS_SCHEDULE"] = "0",
            ["OSISM_WORKER__REHEARSALS"] = "0",
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        };
        foreach (var (name, value) in settings)
        {
            _environment[name] = value;
        }

        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://osismd") };
    }

    public OsismHome Home { get; }

    public string Repository => _folder["configuration"];

    public WebApplication App { get; private set; } = null!;

    /// <summary>Over the Unix socket.</summary>
    public HttpClient Http { get; }

    /// <summary>Over TCP, as anybody.</summary>
    public HttpClient Tcp => new() { BaseAddress = new Uri(App.Urls.Single(url => url.Contains("127.0.0.1", StringComparison.Ordinal))) };

    private string StandIn => _folder["ansible-playbook"];

    public static async Task<Manager> StartAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var token = TestContext.Current.CancellationToken;
        var manager = new Manager(await TestDatabase.CreateAsync(token), settings ?? new Dictionary<string, string>());
        await manager.StartAppAsync(token);
        return manager;
    }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    /// <summary>What runs do instead of Ansible.</summary>
    public void Play(string script) => Write(_folder["play.sh"], $"{script}\n");

    public async Task<JobInfo> SubmitAsync(SubmitJob job)
    {
        using var answer = await Http.PostAsJsonAsync(ApiRoutes.Jobs, job, OsismJson.Default.SubmitJob, TestContext.Current.CancellationToken);
        return await ReadAsync(answer, OsismJson.Default.JobInfo);
    }

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type) => GetAsync(Http, path, type);

    public static async Task<T> GetAsync<T>(HttpClient client, string path, JsonTypeInfo<T> type)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return await ReadAsync(answer, type);
    }

    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type)
    {
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        return (await answer.Content.ReadFromJsonAsync(type, TestContext.Current.CancellationToken))!;
    }

    /// <summary>The problem a request was refused with.</summary>
    public static async Task<ProblemInfo> ProblemAsync(Task<HttpResponseMessage> request)
    {
        using var answer = await request;
        Assert.False(answer.IsSuccessStatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = (await answer.Content.ReadFromJsonAsync(OsismJson.Default.ProblemInfo, TestContext.Current.CancellationToken))!;
        Assert.Equal((int)answer.StatusCode, problem.Status);
        return problem;
    }

    public async Task<AuthenticationHeaderValue> BearerAsync() =>
        new("Bearer", (await File.ReadAllTextAsync(Home.Token, TestContext.Current.CancellationToken)).Trim());

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync(TestContext.Current.CancellationToken);
        await App.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAppAsync(CancellationToken cancellationToken)
    {
        var settings = DaemonSettings.Of(null, _environment, "/nonexistent");
        App = DaemonApplication.Build(settings, new TestLog());
        SettingsCheck.Validate(App.Services);
        HomeFolder.Prepare(Home, Get<RunUser>());
        await Get<Migrator>().MigrateAsync(cancellationToken);
        await App.PrepareAsync(settings, cancellationToken);
        await App.StartAsync(cancellationToken);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Home.Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
