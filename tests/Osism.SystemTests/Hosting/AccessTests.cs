using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Osism.Contracts;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Hosting;

/// <summary>Who may do what.</summary>
[Collection(Collections.Site)]
public sealed class AccessTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Over_TCP_everybody_reads_and_nobody_writes_without_the_token()
    {
        using var client = new HttpClient { BaseAddress = new Uri(site.Daemon.Url) };
        var secret = (await File.ReadAllTextAsync(Path.Combine(site.Daemon.Home, "token"), _token)).Trim();

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Jobs, _token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/metrics", UriKind.Relative), _token)).StatusCode);
        await DeniedAsync(client, null);
        await DeniedAsync(client, new AuthenticationHeaderValue("Bearer", new string('0', secret.Length)));
        await DeniedAsync(client, Basic("ara", "wrong"));
        foreach (var right in new[] { new AuthenticationHeaderValue("Bearer", secret), Basic("ara", secret) })
        {
            using var answer = await SubmitAsync(client, right);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            Assert.Contains("\"submitted_by\":\"token\"", await answer.Content.ReadAsStringAsync(_token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_client_works_over_TCP_with_the_token_in_a_file()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OSISM_URL"] = site.Daemon.Url,
            ["OSISM_HOME"] = "/nowhere",
            ["OSISM_TOKEN_FILE"] = Path.Combine(site.Daemon.Home, "token"),
        };
        var run = site.Hold();
        run.Go();

        var with = await (site.Cli.Command(["apply", "hold", .. run.Arguments]) with { Environment = environment }).RunAsync(_token);
        var without = await (site.Cli.Command(["apply", "hold", .. run.Arguments]) with
        {
            Environment = new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["OSISM_TOKEN_FILE"] = null },
        }).RunAsync(_token);

        Assert.Equal((0, ExitCode.Denied), (with.ExitCode, without.ExitCode));
        Assert.StartsWith("error: access.denied: ", without.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_socket_is_for_its_owner_and_group_and_the_token_for_its_owner()
    {
        var stat = await new Command("stat") { Arguments = ["-c", "%a %U %G", site.Daemon.Socket, Path.Combine(site.Daemon.Home, "token"), Path.Combine(site.Daemon.Home, "secrets")] }.MustAsync(_token);

        Assert.Equal("660 root dragon\n600 root root\n700 root root\n", stat.Text);
    }

    [Fact]
    public async Task A_user_outside_the_group_cannot_use_the_socket()
    {
        var result = await (site.Cli.Command() with
        {
            File = "/usr/bin/setpriv",
            Arguments = ["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", Checkout.Cli, "task", "list"],
        }).RunAsync(_token);

        Assert.Equal(ExitCode.Denied, result.ExitCode);
        Assert.StartsWith("error: access.denied: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_play_runs_as_dragon_and_reads_nothing_of_the_managers()
    {
        var result = await site.Cli.RunAsync(
            _token, "apply", "peeks", "-e", $"manager_home={site.Daemon.Home}", "-e", $"configuration={site.Pod.Path}", "-v");

        Assert.True(result.ExitCode == 0, result.Text);
        Assert.Contains("\"stdout\": \"dragon\"", result.Text, StringComparison.Ordinal);
    }

    private static Uri Jobs => new(ApiRoutes.Jobs, UriKind.Relative);

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private async Task DeniedAsync(HttpClient client, AuthenticationHeaderValue? authorization)
    {
        using var answer = await SubmitAsync(client, authorization);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("\"access.denied\"", await answer.Content.ReadAsStringAsync(_token), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> SubmitAsync(HttpClient client, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Jobs);
        request.Content = new StringContent("{\"kind\":\"noop\"}", Encoding.UTF8, "application/json");
        request.Headers.Authorization = authorization;
        return await client.SendAsync(request, _token);
    }
}
