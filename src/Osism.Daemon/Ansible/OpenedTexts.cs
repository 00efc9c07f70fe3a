using System.Collections.Concurrent;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Ansible;

/// <summary>Opens vault texts, each once per content and password: opening takes 10 ms and more.</summary>
internal sealed class OpenedTexts(YamlScan scan)
{
    // A secret that was changed stays known until then; far more than a repository has.
    private const int Most = 20_000;

    // By content and password: what another password opened says nothing about this one.
    private readonly ConcurrentDictionary<(string Sha256, string Password), YamlFacts> _files = new();
    private readonly ConcurrentDictionary<(string Text, string Password), string> _values = new();

    /// <summary>Opens a whole file and reads it.</summary>
    /// <param name="facts">The file, encrypted.</param>
    /// <param name="content">Its bytes when they are at hand; otherwise they are read when needed.</param>
    /// <param name="name">How the file is named to people.</param>
    /// <exception cref="OsismException"><c>vault.wrong_password</c> or <c>vault.broken</c>, naming the file.</exception>
    public async Task<YamlFacts> OpenFileAsync(YamlFacts facts, byte[]? content, string name, RunPassword password, CancellationToken cancellationToken)
    {
        Shrink();
        var key = (facts.Sha256, password.Sha256);
        if (_files.TryGetValue(key, out var known))
            return known;
        content ??= await File.ReadAllBytesAsync(facts.Path, cancellationToken);
        var plain = Open(content, name, 0, password);
        return _files[key] = await scan.ScanPlainAsync(new YamlFacts(facts.Path, facts.Sha256), plain, cancellationToken);
    }

    /// <summary>Opens one value.</summary>
    /// <exception cref="OsismException"><c>vault.wrong_password</c> or <c>vault.broken</c>, naming file and line.</exception>
    public string OpenValue(InlineVault value, string name, RunPassword password)
    {
        Shrink();
        var key = (value.Text, password.Sha256);
        return _values.TryGetValue(key, out var known)
            ? known
            : _values[key] = Encoding.UTF8.GetString(Open(Encoding.UTF8.GetBytes(value.Text), name, value.Line, password));
    }

    private void Shrink()
    {
        if (_files.Count + _values.Count <= Most)
            return;
        _files.Clear();
        _values.Clear();
    }

    private static byte[] Open(ReadOnlySpan<byte> content, string name, int line, RunPassword password)
    {
        try
        {
            return AnsibleVault.Decrypt(content, password.Text);
        }
        catch (VaultPasswordException e)
        {
            var where = line > 0 ? $"{name}, line {line}" : name;
            throw new OsismException(ErrorCodes.VaultWrongPassword, $"the vault password does not open {where}; 'osism vault password set' sets another", e)
            {
                File = name,
                Line = line > 0 ? line : null,
            };
        }
        catch (VaultFormatException e)
        {
            throw new OsismException(ErrorCodes.VaultBroken, $"{name}: {e.Message}", e) { File = name, Line = line + e.Line };
        }
    }
}
