using System.Security.Cryptography;
using System.Text;

namespace Osism.Daemon.Setup;

/// <summary>Hashes of passwords as <c>/etc/shadow</c> takes them: <c>$6$SALT$HASH</c>.</summary>
/// <remarks>Source: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6, with the usual 5000 rounds; the test compares with openssl.</remarks>
internal static class ShadowHash
{
    private const int Rounds = 5000;
    private const int Size = 64;
    private const string Digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <param name="salt">At most 16 letters and digits.</param>
    public static string Of(string password, string salt)
    {
        var (key, grain) = (Encoding.UTF8.GetBytes(password), Encoding.ASCII.GetBytes(salt));
        var other = SHA512.HashData([.. key, .. grain, .. key]);
        List<byte> first = [.. key, .. grain, .. Repeat(other, key.Length)];
        for (var bits = key.Length; bits > 0; bits >>= 1)
            first.AddRange((bits & 1) != 0 ? other : key);
        var hash = SHA512.HashData([.. first]);
        var ofKey = Repeat(SHA512.HashData([.. Enumerable.Repeat(key, key.Length).SelectMany(bytes => bytes)]), key.Length);
        var ofSalt = Repeat(SHA512.HashData([.. Enumerable.Repeat(grain, 16 + hash[0]).SelectMany(bytes => bytes)]), grain.Length);
        for (var round = 0; round < Rounds; round++)
        {
            hash = SHA512.HashData(
            [
                .. round % 2 != 0 ? ofKey : hash, .. round % 3 != 0 ? ofSalt : [], .. round % 7 != 0 ? ofKey : [], .. round % 2 != 0 ? hash : ofKey,
            ]);
        }

        return $"$6${salt}${Encode(hash)}";
    }

    private static byte[] Repeat(byte[] bytes, int length) => [.. Enumerable.Range(0, length).Select(at => bytes[at % Size])];

    // Three bytes make four digits; which three, goes round: 0 21 42, 22 43 1, 44 2 23 ...
    private static string Encode(byte[] hash)
    {
        var text = new StringBuilder(86);
        var (a, b, c) = (0, 21, 42);
        for (var group = 0; group < 21; group++)
        {
            Add((hash[a] << 16) | (hash[b] << 8) | hash[c], 4);
            (a, b, c) = (b + 1, c + 1, a + 1);
        }

        Add(hash[63], 2);
        return text.ToString();

        void Add(int bits, int count)
        {
            for (; count > 0; count--, bits >>= 6)
                text.Append(Digits[bits & 63]);
        }
    }
}
