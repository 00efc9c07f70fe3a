using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Setup;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd sync versions [kolla]</c>: writes versions into a configuration repository, without a manager.</summary>
internal static class VersionsProgram
{
    private const string DefaultOpenstack = "2025.1";

    /// <exception cref="OsismException">Whatever stands in the way.</exception>
    public static async Task<int> RunAsync(string[] words)
    {
        var given = ProgramWords.Parse(
            "osism sync versions", words, ["--openstack-version", "--configuration-path", "--sbom-image", "--release", "--release-repository-url", "--sbom-image-base"], ["--dry-run"], most: 1);
        if (given.Others is [not "kolla"])
            throw new OsismException(ErrorCodes.RequestInvalid, $"'osism sync versions' knows no versions of '{given.Others[0]}': kolla");
        var settings = DaemonSettings.Read(roles: null);
        var options = VersionsOf(settings);
        options.ReleaseRepository = given["--release-repository-url"] ?? options.ReleaseRepository;
        options.ReleaseImage = given["--sbom-image-base"] ?? options.ReleaseImage;
        if (!Uri.TryCreate(options.ReleaseRepository, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new OsismException(ErrorCodes.RequestInvalid, $"--release-repository-url is '{options.ReleaseRepository}', but must be an http or https address");

        var path = given["--configuration-path"] ?? settings.Values.GetValueOrDefault("configuration:path") ?? ConfigurationRepository.ProductionPath;
        var sync = new VersionsSync(new ConfigurationRepository(Options.Create(new ConfigurationOptions { Path = Path.GetFullPath(path) })), Options.Create(options));
        var stop = StopSignals.Take().Starting;
        var (text, image) = await sync.MakeAsync(
            new VersionsRequest(given["--openstack-version"] ?? Variable("OPENSTACK_VERSION") ?? DefaultOpenstack, given["--sbom-image"], given["--release"]), stop);
        if (given.Has("--dry-run"))
        {
            Console.Out.Write(text);
            return ExitCode.Success;
        }

        if (await sync.WriteAsync(text, stop))
        {
            Console.Out.WriteLine(KollaVersions.FileName);
            ManagerProgram.Say($"written with the versions of {image}: look at 'git diff' and commit it");
        }
        else
        {
            ManagerProgram.Say($"{KollaVersions.FileName} has the versions of {image} already");
        }

        return ExitCode.Success;
    }

    private static VersionsOptions VersionsOf(DaemonSettings settings)
    {
        var options = new VersionsOptions();
        new ConfigurationBuilder().AddInMemoryCollection(settings.Values).Build().GetSection(VersionsOptions.Section).Bind(options);
        return options;
    }

    private static string? Variable(string name) => DaemonSettings.Variable(name) is { Length: > 0 } value ? value : null;
}
