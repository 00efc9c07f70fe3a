using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Setup;
using Osism.Testing;

namespace Osism.Tests.Setup;

/// <summary><c>osism sync versions</c>, with the real skopeo and images that lie in folders.</summary>
public sealed class SyncVersionsTests : IDisposable
{
    private const string List = "openstack_version: '2025.1'\nversions:\n  aodh: '20.0.1'\n  kolla_toolbox: 19.5.0\nother: [1]\n";

    private readonly TempFolder _folder = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    private string File => _folder[$"configuration/{KollaVersions.FileName}"];

    public SyncVersionsTests() => Directory.CreateDirectory(Path.GetDirectoryName(File)!);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_list_of_an_image_becomes_the_file_once()
    {
        OciLayout.Write(_folder["image"], "x", [("etc/passwd", "x")], [("./images.yml", List), ("more", "x")], [("images.yml", "openstack_version: later\n")]);

        var dry = await SyncAsync("kolla", "--dry-run", "--sbom-image", $"oci:{_folder["image"]}:x");
        Assert.Equal((0, false), (dry.ExitCode, System.IO.File.Exists(File)));
        var first = await SyncAsync("--sbom-image", $"oci:{_folder["image"]}:x", "--openstack-version", "v2024.2");
        Assert.Equal((0, $"{KollaVersions.FileName}\n"), (first.ExitCode, first.Text));

        var text = await System.IO.File.ReadAllTextAsync(File, _token);
        Assert.Equal(dry.Text, text);
        Assert.Equal(55, text.Split('\n').Count(line => line.StartsWith("kolla_", StringComparison.Ordinal)));
        Assert.Contains("\nkolla_aodh_version: \"20.0.1\"\nkolla_barbican_version: \"2025.1\"\n", text, StringComparison.Ordinal);
        Assert.Contains("\nkolla_common_version: \"19.5.0\"\n", text, StringComparison.Ordinal);
        var again = await SyncAsync("--sbom-image", $"oci:{_folder["image"]}:x");
        Assert.Equal((0, ""), (again.ExitCode, again.Text));
        Assert.Contains("already", again.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_says_which_image_by_what_is_known_of_it_or_by_its_description_elsewhere()
    {
        await using var server = await StartAsync();
        OciLayout.Write(_folder["image"], "9.9.9", [("images.yml", List)]);

        var fetched = await SyncAsync("--release", "99.1.0", "--release-repository-url", server.Urls.Single(), "--sbom-image-base", $"oci:{_folder["image"]}");
        Assert.True(fetched.ExitCode == 0, fetched.Errors);
        Assert.Contains("9.9.9", fetched.Errors, StringComparison.Ordinal);

        var unknown = await SyncAsync("--release", "99.2.0", "--release-repository-url", server.Urls.Single(), "--sbom-image-base", $"oci:{_folder["image"]}");
        Assert.Equal(9, unknown.ExitCode);
        Assert.StartsWith("error: release.unknown: ", unknown.Errors, StringComparison.Ordinal);

        OciLayout.Write(_folder["shipped"], Releases.Newest.Images["kolla"], [("images.yml", List)]);
        var known = await SyncAsync("--release", Releases.Newest.Version, "--release-repository-url", $"http://127.0.0.1:{FreePort.Next()}", "--sbom-image-base", $"oci:{_folder["shipped"]}");
        Assert.True(known.ExitCode == 0, known.Errors);
    }

    [Theory]
    [InlineData("none", "versions.unavailable")]
    [InlineData("without", "versions.unavailable")]
    [InlineData("broken", "yaml.broken")]
    [InlineData("nonsense", "configuration.broken")]
    public async Task An_image_without_a_list_of_versions_changes_nothing(string image, string code)
    {
        OciLayout.Write(_folder["without"], "x", [("other.yml", List)]);
        OciLayout.Write(_folder["broken"], "x", [("images.yml", "a: [\n")]);
        OciLayout.Write(_folder["nonsense"], "x", [("images.yml", "openstack_version: \"1\\\"\\nkolla_x: !!python 2\"\n")]);
        await System.IO.File.WriteAllTextAsync(File, "kept\n", _token);

        var error = await Assert.ThrowsAsync<OsismException>(() => Sync().MakeAsync(new VersionsRequest("2025.1", $"oci:{_folder[image]}:x", null), _token));

        Assert.Equal(code, error.Code.Code);
        Assert.Equal("kept\n", await System.IO.File.ReadAllTextAsync(File, _token));
    }

    [Theory]
    [InlineData("2025.1", "registry.osism.cloud/kolla/sbom:2025.1")]
    [InlineData("2025.1.20260328", "registry.osism.cloud/kolla/release/sbom:2025.1.20260328")]
    [InlineData("0.20260328.0", "registry.osism.cloud/kolla/release/sbom:0.20260328.0")]
    [InlineData("2025.1.2026032", "registry.osism.cloud/kolla/sbom:2025.1.2026032")]
    public void A_version_with_a_day_in_it_is_one_of_a_release(string version, string image) => Assert.Equal(image, Sync().ImageOf(version));

    [Theory]
    [InlineData("--release", "../x")]
    [InlineData("--openstack-version", "a b")]
    public async Task What_is_no_version_is_refused(string option, string value)
    {
        var run = await SyncAsync(option, value, "--sbom-image-base", "oci:/none");

        Assert.StartsWith("error: configuration.broken: ", run.Errors, StringComparison.Ordinal);
    }

    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/99.1.0/base.yml" ? 200 : 404;
            return context.Response.WriteAsync("docker_images:\n  kolla: '9.9.9'\n", _token);
        });
        await app.StartAsync(_token);
        return app;
    }

    private VersionsSync Sync() => new(
        new ConfigurationRepository(Options.Create(new ConfigurationOptions { Path = _folder["configuration"] })), Options.Create(new VersionsOptions()));

    private Task<CommandResult> SyncAsync(params string[] arguments) => new Command(Checkout.Cli)
    {
        Arguments = ["sync", "versions", .. arguments, "--configuration-path", _folder["configuration"]],
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = _folder["home"], ["OPENSTACK_VERSION"] = null },
    }.RunAsync(_token);
}
