using System.Net;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Setup;

/// <summary>What <c>osism sync versions</c> is asked for.</summary>
/// <param name="OpenstackVersion">Such as <c>2025.1</c>, or with the date of a release behind it.</param>
/// <param name="Image">Null = the one that follows from the rest.</param>
/// <param name="Release">A release of OSISM; null = none in particular.</param>
internal sealed record VersionsRequest(string OpenstackVersion, string? Image, string? Release);

/// <summary>Writes the versions of the kolla services into the configuration repository, as an SBOM image lists them.</summary>
internal sealed class VersionsSync(ConfigurationRepository repository, IOptions<VersionsOptions> options)
{
    private const int LengthOfDate = 8;

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>What the file would hold, and the image it is from.</summary>
    /// <exception cref="OsismException"><c>versions.unavailable</c>, <c>release.unknown</c>, <c>program.missing</c>; <c>yaml.broken</c> or <c>configuration.broken</c> of what the image says.</exception>
    public async Task<(string Text, string Image)> MakeAsync(VersionsRequest request, CancellationToken cancellationToken)
    {
        var openstack = KollaVersions.Require(request.OpenstackVersion.TrimStart('v'));
        var image = request.Image
            ?? (request.Release is { } release ? $"{options.Value.ReleaseImage}:{await TagOfAsync(release, cancellationToken)}" : ImageOf(openstack));
        return (KollaVersions.Read(await SbomImage.ReadAsync(image, cancellationToken), openstack).ToYaml(), image);
    }

    /// <summary>Writes it.</summary>
    /// <returns>False when it holds that already.</returns>
    /// <exception cref="OsismException"><c>repository.missing</c>, <c>environment.missing</c></exception>
    public async Task<bool> WriteAsync(string text, CancellationToken cancellationToken)
    {
        repository.Require();
        var file = Path.Combine(repository.Root, KollaVersions.FileName);
        if (!Directory.Exists(Path.GetDirectoryName(file)))
            throw new OsismException(ErrorCodes.EnvironmentMissing, $"{repository.Root} has no environment kolla, to which {KollaVersions.FileName} belongs");
        var content = System.Text.Encoding.UTF8.GetBytes(text);
        if (!File.Exists(file))
        {
            await AtomicFile.WriteAsync(file, content, Readable, cancellationToken);
            return true;
        }

        if ((await File.ReadAllBytesAsync(file, cancellationToken)).AsSpan().SequenceEqual(content))
            return false;
        await AtomicFile.ReplaceAsync(file, content, cancellationToken);
        return true;
    }

    /// <summary>A version with a day in it, such as <c>2025.1.20260328</c>, is one of a release.</summary>
    internal string ImageOf(string openstack) =>
        $"{(Array.Exists(openstack.Split('.'), part => part.Length == LengthOfDate && part.StartsWith("20", StringComparison.Ordinal) && part.All(char.IsAsciiDigit)) ? options.Value.ReleaseImage : options.Value.Image)}:{openstack}";

    private async Task<string> TagOfAsync(string version, CancellationToken cancellationToken)
    {
        KollaVersions.Require(version);
        var release = Releases.Find(Directory.Exists(repository.Root) ? repository.Root : null, version);
        // What is known here need not be asked for.
        if (release?.Images.GetValueOrDefault("kolla") is not { } tag)
            tag = (await FetchAsync(version, cancellationToken)).Images.GetValueOrDefault("kolla");
        return KollaVersions.Require(tag ?? throw new OsismException(ErrorCodes.VersionsUnavailable, $"the description of the release {version} says nothing of kolla (docker_images.kolla)"));
    }

    private async Task<Release> FetchAsync(string version, CancellationToken cancellationToken)
    {
        var url = $"{options.Value.ReleaseRepository.TrimEnd('/')}/{version}/base.yml";
        try
        {
            using var http = new HttpClient { Timeout = options.Value.Timeout };
            using var answer = await http.GetAsync(new Uri(url), cancellationToken);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                throw new OsismException(ErrorCodes.ReleaseUnknown, $"there is no release '{version}': {url} does not exist");
            answer.EnsureSuccessStatusCode();
            return Releases.Parse(version, await answer.Content.ReadAsStringAsync(cancellationToken), url);
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new OsismException(ErrorCodes.VersionsUnavailable, $"{url} cannot be had: {e.Message}", e);
        }
    }
}
