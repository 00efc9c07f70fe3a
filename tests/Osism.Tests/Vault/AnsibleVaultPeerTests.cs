using System.Security.Cryptography;
using System.Text;
using Osism.Protocols.Vault;

namespace Osism.Tests.Vault;

/// <summary>The codec against the real <c>ansible-vault</c>, in both directions.</summary>
public sealed class AnsibleVaultPeerTests : IDisposable
{
    private readonly RealAnsibleVault _peer = new();

    public static TheoryData<string, string, string?> Cases => new()
    {
        { "text", "password", null },
        { "text", "password", "production" },
        { "umlaut", "Paßwort-ключ-🔑 with blanks", null },
        { "umlaut", "Paßwort-ключ-🔑 with blanks", "stage_2.eu-1" },
        { "binary", "p", null },
        { "sixteen", "a-password-longer-than-one-block-of-the-hash-function-which-has-sixty-four-bytes", null },
        { "big", "password", null },
    };

    public void Dispose() => _peer.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public async Task Reads_what_ansible_vault_encrypted(string name, string password, string? label)
    {
        var plain = Plain(name);

        var vault = await _peer.EncryptAsync(plain, password, label, TestContext.Current.CancellationToken);

        var envelope = AnsibleVault.Parse(vault);
        Assert.Equal((label is null ? "1.1" : "1.2", "AES256", label), (envelope.Version, envelope.Cipher, envelope.Label));
        Assert.True(AnsibleVault.IsEncrypted(vault));
        Assert.Equal(plain, AnsibleVault.Decrypt(vault, password));
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Ansible_vault_decrypts_what_was_encrypted_here(string name, string password, string? label)
    {
        var plain = Plain(name);

        var vault = AnsibleVault.Encrypt(plain, password, label);

        Assert.Equal(plain, await _peer.DecryptAsync(vault, password, label, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Empty_plain_text_goes_both_ways()
    {
        var cancel = TestContext.Current.CancellationToken;

        Assert.Empty(AnsibleVault.Decrypt(await _peer.EncryptAsync([], "password", label: null, cancel), "password"));
        Assert.Empty(await _peer.DecryptAsync(AnsibleVault.Encrypt([], "password"), "password", label: null, cancel));
    }

    [Fact]
    public async Task Ansible_vault_views_what_was_encrypted_here()
    {
        var plain = "operator_password: Straße\n"u8.ToArray();

        var shown = await _peer.ViewAsync(AnsibleVault.Encrypt(plain, "password", "lab"), "password", TestContext.Current.CancellationToken);

        Assert.Equal(plain, shown);
    }

    [Fact]
    public async Task The_text_has_the_same_outer_form()
    {
        var plain = Plain("text");

        var theirs = Encoding.ASCII.GetString(await _peer.EncryptAsync(plain, "password", "lab", TestContext.Current.CancellationToken)).Split('\n');
        var ours = Encoding.ASCII.GetString(AnsibleVault.Encrypt(plain, "password", "lab")).Split('\n');

        Assert.Equal(theirs[0], ours[0]);
        Assert.Equal(theirs.Select(line => line.Length), ours.Select(line => line.Length));
    }

    private static byte[] Plain(string name) => name switch
    {
        "text" => "---\nkeystone_admin_password: something\nceph_key: AQB...\n"u8.ToArray(),
        "umlaut" => Encoding.UTF8.GetBytes("schlüssel: Wert mit Blank und 🔑\r\n"),
        "binary" => [.. Enumerable.Range(0, 256).Select(i => (byte)i), 0, 0, 10],
        "sixteen" => "sixteen bytes !!"u8.ToArray(),
        "big" => RandomNumberGenerator.GetBytes((3 * 1024 * 1024) + 5),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such plain text"),
    };
}
