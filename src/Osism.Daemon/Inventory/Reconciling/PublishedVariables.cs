using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>Checks files of variables and gives them the form in which they are published. What a file becomes is kept as long as its content is in use.</summary>
/// <remarks>YAML becomes JSON under the same name where both say the same: Ansible tries JSON first. Each variable stays in the line it had.</remarks>
internal sealed class PublishedVariables(YamlScan scan)
{
    // More than that is a text whose anchors unfold: it stays as it is.
    private const int MostGrowth = 4;
    private const int SmallFile = 64 * 1024;

    private Dictionary<(string Sha256, string Source), Published> _known = [];
    private Dictionary<(string Sha256, string Source), Published> _used = [];

    /// <summary>What was not asked for since the last call is forgotten.</summary>
    public void BeginRound() => (_known, _used) = (_used.Count == 0 ? _known : _used, []);

    public async Task<Published> MakeAsync(LayerFile file, string name, CancellationToken cancellationToken)
    {
        var key = (file.File.Sha256, file.Source);
        if (!_used.TryGetValue(key, out var published))
        {
            if (!_known.TryGetValue(key, out published) || published.File.Name != name || published.File.Executable != file.File.Executable)
                published = await MakeNewAsync(file, name, cancellationToken);
            _used[key] = published;
        }

        return published;
    }

    internal static int LineOfBadByte(ReadOnlySpan<byte> content)
    {
        var line = 1;
        while (!content.IsEmpty && Rune.DecodeFromUtf8(content, out var rune, out var used) == OperationStatus.Done)
        {
            line += rune.Value == '\n' ? 1 : 0;
            content = content[used..];
        }

        return line;
    }

    private async Task<Published> MakeNewAsync(LayerFile file, string name, CancellationToken cancellationToken)
    {
        var content = file.File.Content;
        // Other files may be of any form; only a vault text in them matters.
        var hasVault = content.AsSpan().IndexOf("$ANSIBLE_VAULT"u8) >= 0;
        var secret = hasVault || Path.GetFileNameWithoutExtension(file.Source) == "secrets"
            ? new InventorySecretFile(await scan.ScanAsync(file.Source, content, cancellationToken), content)
            : null;
        var findings = new List<ReconcileFinding>();
        var json = file.File.IsVariables && !AnsibleVault.IsEncrypted(content) ? await CheckAsync(file, findings, cancellationToken) : null;
        // What is masked later is looked for in the text as its author wrote it.
        var form = json is null || secret is not null ? file.File : new InventoryFile(name, file.File.Executable, json);
        return new Published(
            form.Name == name ? form : new InventoryFile(name, form.Executable, form.Content), secret is { Facts: { NeedsVault: false, IsSecrets: false } } ? null : secret, findings);
    }

    /// <returns>The file as JSON; null when it must stay as it is.</returns>
    private async Task<byte[]?> CheckAsync(LayerFile file, List<ReconcileFinding> findings, CancellationToken cancellationToken)
    {
        var content = file.File.Content;
        if (!Utf8.IsValid(content))
        {
            Refuse(LineOfBadByte(content), "the file is not UTF-8");
            return null;
        }

        var text = Encoding.UTF8.GetString(content);
        try
        {
            var (value, isJson) = JsonValues.Read(text) is { } already ? (already, true) : (YamlValues.Read(text, OnDuplicate), false);
            if (value is PyMapping mapping)
                return isJson ? null : ToJson(mapping, content.Length);
            if (value.IsTrue)
                Refuse(1, $"a file of variables must hold a dictionary, but holds a {value.TypeName}");
        }
        catch (SourceException)
        {
            // Ansible itself has the last word on what is YAML.
            if ((await scan.ScanAsync(file.Source, content, cancellationToken)).Problem is { } problem)
                Refuse(problem.Line, problem.Message);
        }

        return null;

        void OnDuplicate(PyValue key, int line) => findings.Add(new ReconcileFinding(
            new Finding(FindingCodes.DuplicateKey, file.Source, line, $"the key {PyRepr.Repr(key, _ => "")} occurs twice; the last one counts"), null));

        void Refuse(int line, string message) => findings.Add(new ReconcileFinding(new Finding(FindingCodes.VariablesBroken, file.Source, line, message), ErrorCodes.YamlBroken));
    }

    private static byte[]? ToJson(PyMapping mapping, int length)
    {
        if (!CompactJson.IsExact(mapping))
            return null;
        var json = new StringBuilder(length);
        json.Append('{');
        var line = 1;
        for (var i = 0; i < mapping.Pairs.Length; i++)
        {
            var pair = mapping.Pairs[i];
            if (pair.Line < line)
                return null;
            if (i > 0)
                json.Append(',');
            json.Append('\n', pair.Line - line);
            line = pair.Line;
            CompactJson.WriteKey(json, pair.Key);
            CompactJson.Write(json, pair.Value);
            if (json.Length > SmallFile && json.Length > (long)length * MostGrowth)
                return null;
        }

        json.Append("}\n");
        return Encoding.UTF8.GetBytes(json.ToString());
    }
}

/// <summary>A file as it is published.</summary>
/// <param name="Secret">Set when values in it are to be masked or opened.</param>
internal sealed record Published(InventoryFile File, InventorySecretFile? Secret, IReadOnlyList<ReconcileFinding> Findings);
