using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osism.Protocols.Vault;

namespace Osism.Tests.Vault;

public sealed class AnsibleVaultTests
{
    private const string Password = "a password";

    private static readonly byte[] Plain = "first: line\nsecond: another line of text\n"u8.ToArray();

    private static readonly string Text = Encoding.ASCII.GetString(AnsibleVault.Encrypt(Plain, Password));

    public static TheoryData<string, string> Headers => new()
    {
        { "$ANSIBLE_VAULT;1.0;AES", "1.0" },
        { "$ANSIBLE_VAULT;1.3;AES256", "1.3" },
        { "$ANSIBLE_VAULT;1.1;AES", "Cipher 'AES'" },
        { "$ANSIBLE_VAULT;1.1", "of the form" },
        { "$ANSIBLE_VAULTS;1.1;AES256", "of the form" },
        { "$ANSIBLE_VAULT", "of the form" },
        { "ANSIBLE_VAULT;1.1;AES256", "no vault text" },
    };

    [Fact]
    public void What_was_encrypted_is_decrypted_again() =>
        Chance.Check(Prop.ForAll<byte[], NonEmptyString, bool>((plain, password, labelled) =>
        {
            var vault = AnsibleVault.Encrypt(plain, password.Get, labelled ? "site-a" : null);
            return AnsibleVault.IsEncrypted(vault)
                && AnsibleVault.Decrypt(vault, password.Get).AsSpan().SequenceEqual(plain)
                && AnsibleVault.Parse(vault).Label == (labelled ? "site-a" : null);
        }));

    [Fact]
    public void Arbitrary_bytes_give_a_format_error_and_nothing_else() =>
        Chance.Check(Prop.ForAll<byte[]>(bytes =>
        {
            Assert.Throws<VaultFormatException>(() => AnsibleVault.Decrypt(bytes, Password));
            Assert.Throws<VaultFormatException>(() => AnsibleVault.Decrypt([.. "$ANSIBLE_VAULT;1.1;AES256\n"u8, .. bytes], Password));
        }));

    [Fact]
    public void Two_encryptions_of_the_same_text_differ() =>
        Assert.NotEqual(AnsibleVault.Encrypt(Plain, Password), AnsibleVault.Encrypt(Plain, Password));

    [Fact]
    public void A_changed_byte_at_any_position_is_refused_or_meaningless()
    {
        var vault = Encoding.ASCII.GetBytes(Text);
        for (var at = 0; at < vault.Length; at++)
        {
            foreach (var value in new byte[] { (byte)(vault[at] ^ 1), (byte)(vault[at] ^ 0x80), 0, (byte)'\n', (byte)'g', (byte)'0' })
            {
                var damaged = vault.ToArray();
                damaged[at] = value;
                AssertRefusedOrSame(damaged, $"byte {at} set to 0x{value:x2}");
            }
        }
    }

    [Fact]
    public void A_missing_or_doubled_byte_at_any_position_is_refused_or_meaningless()
    {
        var vault = Encoding.ASCII.GetBytes(Text);
        for (var at = 0; at < vault.Length; at++)
        {
            AssertRefusedOrSame([.. vault[..at], .. vault[(at + 1)..]], $"without byte {at}");
            AssertRefusedOrSame([.. vault[..at], vault[at], .. vault[at..]], $"byte {at} twice");
        }
    }

    [Fact]
    public void A_text_cut_short_anywhere_is_refused()
    {
        var vault = Encoding.ASCII.GetBytes(Text.TrimEnd());
        for (var length = 0; length < vault.Length; length++)
        {
            var cut = vault[..length];
            var thrown = Record.Exception(() => AnsibleVault.Decrypt(cut, Password));
            Assert.True(thrown is VaultFormatException or VaultPasswordException, $"cut to {length} bytes: {thrown}");
        }
    }

    [Fact]
    public void A_changed_digit_of_the_ciphertext_never_decrypts()
    {
        var vault = Encoding.ASCII.GetBytes(Text);
        var body = Text.IndexOf('\n', StringComparison.Ordinal) + 1;
        for (var at = body; at < vault.Length; at++)
        {
            if (vault[at] == '\n')
                continue;
            var damaged = vault.ToArray();

            // Another digit of the same text: only its value can be at fault.
            damaged[at] = vault[at] == (byte)'1' ? (byte)'2' : (byte)'1';
            var thrown = Record.Exception(() => AnsibleVault.Decrypt(damaged, Password));
            Assert.True(thrown is VaultFormatException or VaultPasswordException, $"digit {at}: {thrown}");
        }
    }

    [Fact]
    public void Another_password_is_told_apart_from_damage()
    {
        Assert.Throws<VaultPasswordException>(() => AnsibleVault.Decrypt(Encoding.ASCII.GetBytes(Text), "another password"));
        Assert.Throws<VaultPasswordException>(() => AnsibleVault.Decrypt(Encoding.ASCII.GetBytes(Text), ""));
    }

    [Theory, MemberData(nameof(Headers))]
    public void Other_headers_are_refused_with_what_is_wrong_with_them(string header, string said)
    {
        var text = header + Text[Text.IndexOf('\n', StringComparison.Ordinal)..];

        var thrown = Assert.Throws<VaultFormatException>(() => AnsibleVault.Parse(Encoding.ASCII.GetBytes(text)));

        Assert.Contains(said, thrown.Message, StringComparison.Ordinal);
        Assert.Equal(1, thrown.Line);
    }

    [Fact]
    public void The_error_names_line_and_column()
    {
        var lines = Text.Split('\n');
        lines[2] = "  " + lines[2][..7] + "x" + lines[2][8..];

        var thrown = Assert.Throws<VaultFormatException>(() => AnsibleVault.Parse(Encoding.ASCII.GetBytes(string.Join('\n', lines))));

        Assert.Equal((3, 10), (thrown.Line, thrown.Column));
        Assert.Contains("line 3, column 10", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_inside_the_encoded_text_is_located_too()
    {
        var lines = Text.Split('\n');

        // Digits 4 and 5 of the second body line encode a digit of the salt; 7a is no digit.
        lines[2] = lines[2][..4] + "7a" + lines[2][6..];

        var thrown = Assert.Throws<VaultFormatException>(() => AnsibleVault.Parse(Encoding.ASCII.GetBytes(string.Join('\n', lines))));

        Assert.Equal((3, 5), (thrown.Line, thrown.Column));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData(" \t\n")]
    [InlineData("\n\n")]
    [InlineData("\n          ")]
    public void Line_ends_and_blanks_around_lines_do_not_matter(string lineEnd) =>
        Assert.Equal(Plain, AnsibleVault.Decrypt(Encoding.ASCII.GetBytes(Text.Replace("\n", lineEnd, StringComparison.Ordinal)), Password));

    [Fact]
    public void Lines_of_another_width_and_capital_digits_are_read()
    {
        var lines = Text.TrimEnd().Split('\n');
        var text = lines[0] + "\n" + string.Concat(lines[1..]).ToUpperInvariant();

        Assert.Equal(Plain, AnsibleVault.Decrypt(Encoding.ASCII.GetBytes(text), Password));
    }

    [Fact]
    public void The_label_default_makes_a_text_without_label() =>
        Assert.StartsWith("$ANSIBLE_VAULT;1.1;AES256\n", Encoding.ASCII.GetString(AnsibleVault.Encrypt(Plain, Password, "default")), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a;b")]
    [InlineData("a\nb")]
    [InlineData(" a")]
    public void A_label_that_would_break_the_header_is_refused(string label) =>
        Assert.Throws<ArgumentException>(() => AnsibleVault.Encrypt(Plain, Password, label));

    [Fact]
    public void Padding_that_breaks_the_format_is_a_format_error()
    {
        // A text whose authentication code is right and whose padding is not: only a faulty writer makes one.
        var salt = new byte[32];
        var keys = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(Password), salt, 10_000, HashAlgorithmName.SHA256, 80);
        var ciphertext = new byte[16];
        using (var aes = Aes.Create())
        {
            aes.SetKey(keys.AsSpan(0, 32));

            // The key stream itself is the encryption of zeros, which end in no padding.
            aes.EncryptEcb(keys.AsSpan(64, 16), ciphertext, PaddingMode.None);
        }

        var code = HMACSHA256.HashData(keys[32..64], ciphertext);
        var inner = string.Join('\n', new[] { salt, code, ciphertext }.Select(Convert.ToHexStringLower));
        var text = "$ANSIBLE_VAULT;1.1;AES256\n" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(inner));

        var thrown = Assert.Throws<VaultFormatException>(() => AnsibleVault.Decrypt(Encoding.ASCII.GetBytes(text), Password));

        Assert.Contains("padding", thrown.Message, StringComparison.Ordinal);
    }

    private static void AssertRefusedOrSame(byte[] vault, string change)
    {
        byte[]? plain = null;
        var thrown = Record.Exception(() => plain = AnsibleVault.Decrypt(vault, Password));
        if (thrown is null)
            Assert.True(plain.AsSpan().SequenceEqual(Plain), $"{change}: another plain text came out");
        else
            Assert.True(thrown is VaultFormatException or VaultPasswordException, $"{change}: {thrown}");
    }
}
