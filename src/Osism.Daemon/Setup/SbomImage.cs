using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Setup;

/// <summary>Gets the list of versions out of a container image, which skopeo fetches: the image is never run.</summary>
/// <remarks>Source of the layout: OCI Image Format 1.1, image-layout, manifest and layer.</remarks>
internal static class SbomImage
{
    /// <summary>The file that is looked for in the layers.</summary>
    public const string Member = "images.yml";

    private const long Largest = 16 << 20;

    // What skopeo may be told besides a registry (containers-transports(5)).
    private static readonly string[] Transports = ["docker://", "oci:", "oci-archive:", "dir:", "docker-archive:", "containers-storage:"];

    /// <param name="image">A name such as <c>registry.example/kolla/sbom:2025.1</c>, or one with a transport of skopeo before it.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <exception cref="OsismException"><c>program.missing</c>: skopeo is not installed. <c>versions.unavailable</c>: the image cannot be had, or holds no list.</exception>
    public static async Task<string> ReadAsync(string image, CancellationToken cancellationToken)
    {
        var source = Array.Exists(Transports, transport => image.StartsWith(transport, StringComparison.Ordinal)) ? image : $"docker://{image}";
        var folder = Directory.CreateTempSubdirectory("osism-sbom-").FullName;
        try
        {
            var result = await ProcessRunner.RunAsync(new ProcessSpec("skopeo", ["copy", "--quiet", "--", source, $"oci:{Path.Combine(folder, "oci")}:latest"]), cancellationToken);
            if (result.ExitCode != 0)
                throw new OsismException(ErrorCodes.VersionsUnavailable, $"skopeo cannot copy {source}: {result.Error.Trim().ReplaceLineEndings(" ")}");
            return await FindAsync(Path.Combine(folder, "oci"), image, cancellationToken);
        }
        catch (FileNotFoundException e)
        {
            throw new OsismException(ErrorCodes.ProgramMissing, "skopeo is not installed on this machine: apt-get install skopeo", e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> FindAsync(string layout, string image, CancellationToken cancellationToken)
    {
        try
        {
            using var index = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(layout, "index.json"), cancellationToken));
            using var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Blob(layout, index.RootElement.GetProperty("manifests")[0]), cancellationToken));
            foreach (var layer in manifest.RootElement.GetProperty("layers").EnumerateArray())
            {
                if (await FindInLayerAsync(Blob(layout, layer), layer.GetProperty("mediaType").GetString() ?? "", cancellationToken) is { } text)
                    return text;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or KeyNotFoundException or IndexOutOfRangeException or IOException and not FileNotFoundException)
        {
            throw new OsismException(ErrorCodes.VersionsUnavailable, $"the image {image} cannot be read: {e.Message}", e);
        }

        throw new OsismException(ErrorCodes.VersionsUnavailable, $"the image {image} holds no {Member}: is it an SBOM image of kolla?");
    }

    private static async Task<string?> FindInLayerAsync(string path, string mediaType, CancellationToken cancellationToken)
    {
        if (mediaType.EndsWith("zstd", StringComparison.Ordinal))
            throw new InvalidDataException("a layer is compressed with zstd, which is not understood");
        await using var file = File.OpenRead(path);
        await using Stream content = mediaType.EndsWith("gzip", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        await using var tar = new TarReader(content);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: { } data } || Path.GetFileName(entry.Name) != Member)
                continue;
            if (entry.Length > Largest)
                throw new InvalidDataException($"{entry.Name} has {entry.Length >> 20} MB");
            using var reader = new StreamReader(data, Encoding.UTF8);
            return await reader.ReadToEndAsync(cancellationToken);
        }

        return null;
    }

    /// <summary>Skopeo has checked what is in it; its name must not lead elsewhere all the same.</summary>
    private static string Blob(string layout, JsonElement descriptor) =>
        descriptor.GetProperty("digest").GetString()?.Split(':') is [var algorithm, var hash] && algorithm.All(char.IsAsciiLetterOrDigit) && hash.All(char.IsAsciiHexDigit)
            ? Path.Combine(layout, "blobs", algorithm, hash)
            : throw new InvalidDataException("a digest in it is none");
}
