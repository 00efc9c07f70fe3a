using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Configuration.Vault;

/// <summary>The paths below <c>/v1/vault</c> over a loopback socket.</summary>
public sealed class VaultEndpointsTests : IAsyncLifetime
{
    private const string Secrets = "environments/kolla/secrets.yml";

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly LogCollector _log = new();
    private VaultSetup _setup = null!;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _setup = await VaultSetup.CreateAsync(_token);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerFactory>(_log);
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = OsismJson.Default.Options.PropertyNamingPolicy;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, OsismJson.Default);
        });
        builder.Services.AddSingleton(_setup.Keeper).AddSingleton(_setup.Files).AddSingleton(_setup.Checker);
        _app = builder.Build();

        // Expected failures reach one place, which the host brings.
        _app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (OsismException e)
            {
                context.Response.StatusCode = e.Code.Status;
                await context.Response.WriteAsJsonAsync(e.ToProblem(), OsismJson.Default.ProblemInfo, cancellationToken: context.RequestAborted);
            }
        });
        _app.MapVault();
        await _app.StartAsync(_token);
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        await _setup.DisposeAsync();
    }

    [Fact]
    public async Task The_password_is_set_described_and_forgotten()
    {
        Assert.Equal(new VaultInfo(Set: false, null, null), await ReadAsync(await _client.GetAsync(ApiRoutes.Vault, _token), OsismJson.Default.VaultInfo));

        var set = await _client.PutAsJsonAsync(ApiRoutes.VaultPassword, new SetVaultPassword(VaultSetup.Password), OsismJson.Default.SetVaultPassword, _token);
        Assert.Equal(new VaultInfo(Set: true, VaultSetup.Now, "unknown"), await ReadAsync(set, OsismJson.Default.VaultInfo));
        Assert.Equal(VaultSetup.Password, await _setup.Keeper.FindPasswordAsync(_token));

        var unset = await _client.DeleteAsync(ApiRoutes.VaultPassword, _token);
        Assert.Equal(new VaultInfo(Set: false, null, null), await ReadAsync(unset, OsismJson.Default.VaultInfo));
        Assert.Contains("Information: Vault password set by unknown", _log.Lines);
        Assert.DoesNotContain(_log.Lines, line => line.Contains(VaultSetup.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_is_shown_checked_and_decrypted()
    {
        var path = _setup.WriteVault(Secrets, "a: b\n");
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);

        var shown = await PostAsync(ApiRoutes.VaultView, Secrets);
        Assert.Equal(new VaultContent(Secrets, Encrypted: true, "a: b\n"), await ReadAsync(shown, OsismJson.Default.VaultContent));

        foreach (var query in new[] { "", "?path=", $"?path={Uri.EscapeDataString(Secrets)}" })
        {
            var check = await ReadAsync(await _client.GetAsync(ApiRoutes.VaultCheck + query, _token), OsismJson.Default.VaultCheck);
            Assert.Equal((true, Secrets), (check.Passed, check.Path));
        }

        var decrypted = await PostAsync(ApiRoutes.VaultDecrypt, Secrets);
        Assert.Equal(new VaultContent(Secrets, Encrypted: true, ""), await ReadAsync(decrypted, OsismJson.Default.VaultContent));
        Assert.Equal("a: b\n", await File.ReadAllTextAsync(path, _token));
    }

    [Fact]
    public async Task Nothing_that_shows_a_secret_can_be_read_with_a_get()
    {
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _client.GetAsync($"{ApiRoutes.VaultView}?path={Secrets}", _token)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _client.GetAsync(ApiRoutes.VaultPassword, _token)).StatusCode);
    }

    [Theory]
    [InlineData("../secret", HttpStatusCode.Forbidden, "access.denied")]
    [InlineData("missing.yml", HttpStatusCode.NotFound, "file.missing")]
    [InlineData("", HttpStatusCode.BadRequest, "request.invalid")]
    [InlineData(Secrets, HttpStatusCode.Conflict, "vault.sealed")]
    public async Task A_refusal_carries_its_code(string path, HttpStatusCode status, string code)
    {
        _setup.WriteVault(Secrets, "a: b\n");

        var answer = await PostAsync(ApiRoutes.VaultView, path);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, (await answer.Content.ReadFromJsonAsync(OsismJson.Default.ProblemInfo, _token))!.Code);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"password":""}""")]
    [InlineData("""{"password":null}""")]
    public async Task An_empty_password_is_a_bad_request(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PutAsync(ApiRoutes.VaultPassword, content, _token)).StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(string route, string path) =>
        _client.PostAsJsonAsync(route, new VaultFile(path), OsismJson.Default.VaultFile, _token);

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(_token)}");
        return (await answer.Content.ReadFromJsonAsync(type, _token))!;
    }
}
