using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Osism.Tests.Setup;

/// <summary>A container image in a folder (OCI Image Format 1.1), as skopeo reads it with <c>oci:FOLDER:TAG</c>.</summary>
internal static class OciLayout
{
    /// <param name="layers">Of each layer its files.</param>
    public static void Write(string folder, string tag, params IReadOnlyList<(string Name, string Text)>[] layers)
    {
        Directory.CreateDirectory(Path.Combine(folder, "blobs/sha256"));
        var blobs = layers.Select(Pack).ToList();
        var config = Put(folder, Encoding.UTF8.GetBytes(
            $$$"""{"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [{{{string.Join(", ", blobs.Select(blob => $"\"sha256:{Convert.ToHexStringLower(SHA256.HashData(blob.Plain))}\""))}}}]}}"""));
        var packed = blobs.Select(blob => Put(folder, blob.Packed)).Select(blob => Descriptor("layer.v1.tar+gzip", blob)).ToList();
        var manifest = Put(folder, Encoding.UTF8.GetBytes($$$"""{"schemaVersion": 2, "config": {{{Descriptor("config.v1+json", config)}}}, "layers": [{{{string.Join(", ", packed)}}}]}"""));
        File.WriteAllText(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion": "1.0.0"}""");
        File.WriteAllText(
            Path.Combine(folder, "index.json"),
            $$$"""{"schemaVersion": 2, "manifests": [{{{Descriptor("manifest.v1+json", manifest)[..^1]}}}, "annotations": {"org.opencontainers.image.ref.name": "{{{tag}}}"}}]}""");
    }

    private static (byte[] Plain, byte[] Packed) Pack(IReadOnlyList<(string Name, string Text)> files)
    {
        using var plain = new MemoryStream();
        using (var tar = new TarWriter(plain, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            }
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(plain.ToArray());
        }

        return (plain.ToArray(), packed.ToArray());
    }

    private static (string Hash, int Size) Put(string folder, byte[] content)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Path.Combine(folder, "blobs/sha256", hash), content);
        return (hash, content.Length);
    }

    private static string Descriptor(string type, (string Hash, int Size) blob) =>
        $$"""{"mediaType": "application/vnd.oci.image.{{type}}", "digest": "sha256:{{blob.Hash}}", "size": {{blob.Size}}}""";
}
