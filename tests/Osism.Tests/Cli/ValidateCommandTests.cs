using System.Text.Json;
using Osism.Contracts;

namespace Osism.Tests.Cli;

/// <summary><c>osism validate</c>, <c>osism explain</c>: other ways to a role.</summary>
public sealed class ValidateCommandTests : IDisposable
{
    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task There_are_28_validators()
    {
        Assert.Equal(0, await _run.Start("validate", "--format", "json"));

        using var listed = JsonDocument.Parse(_run.Output);
        var all = listed.RootElement.EnumerateArray().ToDictionary(one => one.GetProperty("validator").GetString()!, StringComparer.Ordinal);
        Assert.Equal(28, all.Count);
        Assert.Equal(14, all.Values.Count(one => one.GetProperty("action").GetString() == "config_validate"));
        Assert.Equal(("validate-kolla-connectivity", "kolla"), (all["kolla-connectivity"].GetProperty("role").GetString(), all["kolla-connectivity"].GetProperty("environment").GetString()));
    }

    [Theory]
    [InlineData("ntp", """ "role":"validate-ntp","kind":null,"environment":"generic" """)]
    [InlineData("ceph-mons -l ceph-mon", """ "role":"validate-ceph-mons","kind":null,"environment":"ceph" """)]
    [InlineData("ceph-config", """ "role":"ceph-validate","kind":null,"environment":"ceph" """)]
    [InlineData("nova-config", """ "role":"nova","kind":null,"environment":"kolla","overwrite":null,"sub":null,"action":"config_validate" """)]
    [InlineData("-e kolla.test nova-config", """ "role":"nova","kind":null,"environment":"kolla.test","overwrite":null,"sub":null,"action":"config_validate" """)]
    [InlineData("-e custom ntp", """ "role":"validate-ntp","kind":null,"environment":"generic" """)]
    [InlineData("ceph-rgws", """ "role":"validate-ceph-rgws","kind":null,"environment":null """)]
    public async Task A_validator_is_the_role_it_stands_for(string line, string sent)
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(409, """{"status":409,"code":"lock.held","detail":"not now","title":"x","type":"y"}"""));

        Assert.Equal(ExitCode.Locked, await _run.Start(["validate", .. line.Split(' ')]));

        Assert.Contains(sent.Trim(), Assert.Single(manager.Requests).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_one_has_names_that_are_near()
    {
        await using var manager = new FakeManager(_run.Home, _ => FakeAnswer.Json(404, """{"status":404,"code":"role.unknown","detail":"no","title":"x","type":"y"}"""));

        Assert.Equal(ExitCode.NotFound, await _run.Start("validate", "nova-confg"));

        Assert.Contains("error: role.unknown: there is no validator 'nova-confg'", _run.Error, StringComparison.Ordinal);
        Assert.Contains("nova-config", _run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await _run.Start("validate", "ntp//stress"));
    }

    [Fact]
    public async Task A_role_is_explained_even_where_it_cannot_be_run()
    {
        await using var manager = new FakeManager(_run.Home, request => request.Path.StartsWith("/v1/roles/", StringComparison.Ordinal)
            ? FakeAnswer.Json(200, """{"role":"netbox","environment":"infrastructure","runtime":"osism-ansible","source":"runtime","description":"Has NetBox","hosts":"netbox","danger":"high","scope":"group","typical_seconds":185,"typical_runs":7}""")
            : FakeAnswer.Json(404, """{"status":404,"code":"runtime.missing","detail":"there is none","title":"x","type":"y"}"""));

        Assert.Equal(ExitCode.NotFound, await _run.Start("explain", "netbox"));

        Assert.Contains("does         Has NetBox\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("danger       high: it may stop a service", _run.Output, StringComparison.Ordinal);
        Assert.Contains("takes        3 m 05 s (median of the last 7 runs that succeeded)\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("error: runtime.missing", _run.Error, StringComparison.Ordinal);
        Assert.Equal(0, await _run.Start("explain", "--format", "json", "netbox"));
        Assert.Equal(ExitCode.Usage, await _run.Start("explain"));
    }
}
