using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Configuration;

/// <summary>Reads YAML the way Ansible would, as far as a run has to know it beforehand.</summary>
internal sealed class YamlScan(YamlArbiter arbiter)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="path">Path of the file; a name <c>secrets.*</c> makes its content be kept.</param>
    /// <param name="content">Bytes of the file.</param>
    public async Task<YamlFacts> ScanAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var facts = new YamlFacts(path, Convert.ToHexStringLower(SHA256.HashData(content.Span)));
        if (AnsibleVault.IsEncrypted(content.Span))
            return facts with { Encrypted = true };
        facts = await ScanPlainAsync(facts, content, cancellationToken);
        return facts.IsSecrets ? facts : facts with { Reading = YamlReading.Nothing };
    }

    /// <summary>Looks at a text that is known not to be encrypted, or no longer; keeps its content.</summary>
    public async Task<YamlFacts> ScanPlainAsync(YamlFacts facts, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            text = Strict.GetString(WithoutMark(content.Span));
        }
        catch (DecoderFallbackException e)
        {
            var line = 1 + content.Span[..Math.Clamp(e.Index, 0, content.Length)].Count((byte)'\n');
            return facts with { Problem = new YamlProblem(line, "the file is not UTF-8") };
        }

        var (reading, problem) = YamlReading.Read(text);
        // Ansible takes a text for JSON first, and there tabs are as good as blanks.
        if (problem is not null && JsonRoot(text) is { } root)
            (reading, problem) = (new YamlReading(root, []), null);
        if (problem is not null)
            (reading, problem) = await arbiter.JudgeAsync(facts.Sha256, content, problem, cancellationToken);
        return reading is null
            ? facts with { Problem = problem }
            : facts with { Root = reading.Root, Inline = [.. reading.Inline], Reading = reading };
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content;

    private static YamlRoot? JsonRoot(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..])
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? YamlRoot.Mapping : YamlRoot.Sequence;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
