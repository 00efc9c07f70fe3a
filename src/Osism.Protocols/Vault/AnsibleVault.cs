using System.Security.Cryptography;
using System.Text;

namespace Osism.Protocols.Vault;

/// <summary>Reads and writes what <c>ansible-vault</c> encrypts: format 1.1 and 1.2 with AES256.</summary>
/// <remarks>
/// Source: ansible-core 2.14 user guide, "Format of files encrypted with Ansible Vault"; the tests compare with the program itself.
/// <code>
/// key (32) | authentication key (32) | counter (16) = PBKDF2-HMAC-SHA256(password, salt, 10000 iterations)
/// ciphertext = AES-256-CTR(key, counter, PKCS7(plain, 16))
/// body = hex( hex(salt) LF hex(HMAC-SHA256(authentication key, ciphertext)) LF hex(ciphertext) ), 80 digits a line
/// </code>
/// </remarks>
public static class AnsibleVault
{
    private const int Iterations = 10_000;
    private const int KeySize = 32;
    private const int CodeSize = 32;
    private const int BlockSize = 16;
    private const int SaltSize = 32;
    private const string DefaultLabel = "default";

    /// <summary>Whether a file is meant to be a vault text. Only its first bytes are looked at; it may still be damaged.</summary>
    public static bool IsEncrypted(ReadOnlySpan<byte> content) => content.StartsWith(VaultText.Magic);

    /// <summary>Takes a vault text apart. Line ends may be LF, CR LF or CR; blanks around lines do not matter.</summary>
    /// <exception cref="VaultFormatException">It is not a whole vault text of format 1.1 or 1.2.</exception>
    public static VaultEnvelope Parse(ReadOnlySpan<byte> content)
    {
        var (version, label) = VaultText.ReadHeader(content);
        var inner = Convert.FromHexString(VaultText.ReadDigits(content));
        Span<Range> fields = stackalloc Range[3];
        if (!TrySplit(inner, fields))
            throw Broken(content, inner.Length, "The body does not hold salt, authentication code and ciphertext");
        var salt = Field(content, inner, fields[0], "salt");
        if (salt.Length == 0)
            throw Broken(content, 0, "The salt is empty");
        var code = Field(content, inner, fields[1], "authentication code");
        if (code.Length != CodeSize)
            throw Broken(content, fields[1].Start.Value, $"The authentication code has {code.Length} bytes and not {CodeSize}");
        var ciphertext = Field(content, inner, fields[2], "ciphertext");
        if (ciphertext.Length == 0 || ciphertext.Length % BlockSize != 0)
        {
            throw Broken(content, inner.Length,
                $"The ciphertext has {ciphertext.Length} bytes, which is no positive multiple of {BlockSize}: the text is cut short");
        }

        return new VaultEnvelope(version, VaultText.Cipher, label, salt, code, ciphertext);
    }

    /// <summary>Decrypts a vault text with a password, taken as UTF-8.</summary>
    /// <inheritdoc cref="Decrypt(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static byte[] Decrypt(ReadOnlySpan<byte> content, string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        return Decrypt(content, Encoding.UTF8.GetBytes(password));
    }

    /// <summary>Decrypts a vault text. The label is not looked at: one password is tried.</summary>
    /// <exception cref="VaultFormatException">It is not a whole vault text of format 1.1 or 1.2.</exception>
    /// <exception cref="VaultPasswordException">The password is empty or another one, or bytes were changed.</exception>
    public static byte[] Decrypt(ReadOnlySpan<byte> content, ReadOnlySpan<byte> password)
    {
        var envelope = Parse(content);
        if (password.IsEmpty)
            throw new VaultPasswordException("The vault password is empty");
        Span<byte> keys = stackalloc byte[KeySize + KeySize + BlockSize];
        Rfc2898DeriveBytes.Pbkdf2(password, envelope.Salt.Span, keys, Iterations, HashAlgorithmName.SHA256);
        Span<byte> code = stackalloc byte[CodeSize];
        HMACSHA256.HashData(keys[KeySize..(2 * KeySize)], envelope.Ciphertext.Span, code);
        if (!CryptographicOperations.FixedTimeEquals(code, envelope.AuthenticationCode.Span))
        {
            CryptographicOperations.ZeroMemory(keys);
            throw new VaultPasswordException("The vault password does not open this text");
        }

        var padded = envelope.Ciphertext.ToArray();
        AesCtr.Transform(keys[..KeySize], keys[(2 * KeySize)..], padded);
        CryptographicOperations.ZeroMemory(keys);
        var length = UnpaddedLength(padded);
        if (length < 0)
            throw new VaultFormatException("The padding of the decrypted text is wrong: what wrote it did not follow the format", 1, 0);
        var plain = padded[..length];
        CryptographicOperations.ZeroMemory(padded);
        return plain;
    }

    /// <summary>Encrypts with a fresh salt and a password, taken as UTF-8.</summary>
    /// <inheritdoc cref="Encrypt(ReadOnlySpan{byte}, ReadOnlySpan{byte}, string?)"/>
    public static byte[] Encrypt(ReadOnlySpan<byte> plain, string password, string? label = null)
    {
        ArgumentNullException.ThrowIfNull(password);
        return Encrypt(plain, Encoding.UTF8.GetBytes(password), label);
    }

    /// <summary>Encrypts with a fresh salt, as <c>ansible-vault encrypt</c> does.</summary>
    /// <param name="plain">Any bytes; none is allowed.</param>
    /// <param name="password">Not empty. Ansible cuts white space off both ends of a password file; it is the caller's to do the same.</param>
    /// <param name="label">Vault id; makes a 1.2 text. Null or <c>default</c> makes a 1.1 text.</param>
    /// <exception cref="ArgumentException">The password is empty, or the label is blank, has white space around it, or holds a semicolon or a line end.</exception>
    public static byte[] Encrypt(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> password, string? label = null)
    {
        if (password.IsEmpty)
            throw new ArgumentException("The vault password is empty", nameof(password));
        if (label is not null && (label.Trim().Length != label.Length || label.Length == 0 || label.AsSpan().ContainsAny(";\r\n")))
            throw new ArgumentException($"'{label}' cannot be a vault label", nameof(label));
        var header = label is null or DefaultLabel ? "$ANSIBLE_VAULT;1.1;AES256" : $"$ANSIBLE_VAULT;1.2;AES256;{label}";

        Span<byte> salt = stackalloc byte[SaltSize];
        RandomNumberGenerator.Fill(salt);
        Span<byte> keys = stackalloc byte[KeySize + KeySize + BlockSize];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, keys, Iterations, HashAlgorithmName.SHA256);

        var padding = BlockSize - (plain.Length % BlockSize);
        var data = new byte[plain.Length + padding];
        plain.CopyTo(data);
        data.AsSpan(plain.Length).Fill((byte)padding);
        AesCtr.Transform(keys[..KeySize], keys[(2 * KeySize)..], data);
        Span<byte> code = stackalloc byte[CodeSize];
        HMACSHA256.HashData(keys[KeySize..(2 * KeySize)], data, code);
        CryptographicOperations.ZeroMemory(keys);
        return Format(header, salt, code, data);
    }

    private static byte[] Format(string header, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> code, ReadOnlySpan<byte> ciphertext)
    {
        var inner = new byte[(2 * (salt.Length + code.Length + ciphertext.Length)) + 2];
        var at = 0;
        Hex(salt, inner, ref at);
        inner[at++] = (byte)'\n';
        Hex(code, inner, ref at);
        inner[at++] = (byte)'\n';
        Hex(ciphertext, inner, ref at);

        var body = new byte[inner.Length * 2];
        at = 0;
        Hex(inner, body, ref at);

        var lines = (body.Length + VaultText.Columns - 1) / VaultText.Columns;
        var head = Encoding.UTF8.GetBytes(header);
        var text = new byte[head.Length + 1 + body.Length + lines];
        head.CopyTo(text, 0);
        at = head.Length;
        text[at++] = (byte)'\n';
        for (var from = 0; from < body.Length; from += VaultText.Columns)
        {
            var line = body.AsSpan(from, Math.Min(VaultText.Columns, body.Length - from));
            line.CopyTo(text.AsSpan(at));
            at += line.Length;
            text[at++] = (byte)'\n';
        }

        return text;
    }

    private static void Hex(ReadOnlySpan<byte> bytes, Span<byte> target, ref int at)
    {
        if (!Convert.TryToHexStringLower(bytes, target[at..], out var written))
            throw new InvalidOperationException("The target is too small for the digits");
        at += written;
    }

    private static bool TrySplit(ReadOnlySpan<byte> inner, Span<Range> fields)
    {
        var first = inner.IndexOf((byte)'\n');
        if (first < 0)
            return false;
        var second = inner[(first + 1)..].IndexOf((byte)'\n');
        if (second < 0)
            return false;
        second += first + 1;
        (fields[0], fields[1], fields[2]) = (0..first, (first + 1)..second, (second + 1)..inner.Length);
        return true;
    }

    private static byte[] Field(ReadOnlySpan<byte> content, ReadOnlySpan<byte> inner, Range range, string name)
    {
        var digits = inner[range];
        for (var i = 0; i < digits.Length; i++)
        {
            if (!char.IsAsciiHexDigit((char)digits[i]))
                throw Broken(content, range.Start.Value + i, $"The {name} holds byte 0x{digits[i]:x2} instead of a hexadecimal digit");
        }

        return digits.Length % 2 == 0
            ? Convert.FromHexString(digits)
            : throw Broken(content, range.End.Value, $"The {name} has an odd number of hexadecimal digits");
    }

    /// <summary>Length without PKCS7 padding (RFC 5652 §6.3), -1 when the padding is wrong.</summary>
    private static int UnpaddedLength(ReadOnlySpan<byte> padded)
    {
        var padding = padded[^1];
        return padding is 0 or > BlockSize || padded[^padding..].ContainsAnyExcept(padding) ? -1 : padded.Length - padding;
    }

    // Each byte of the inner text is two digits of the body.
    private static VaultFormatException Broken(ReadOnlySpan<byte> content, int innerOffset, string what)
    {
        var (line, column) = VaultText.Locate(content, innerOffset * 2);
        return new VaultFormatException(what, line, column);
    }
}
