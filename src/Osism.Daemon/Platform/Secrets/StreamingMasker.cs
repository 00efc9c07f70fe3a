using System.Buffers;
using System.Text;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>Replaces secrets in a stream of bytes by <c>***</c>.</summary>
/// <remarks>
/// What happens at a position depends on the bytes from there on and on nothing before: the longest secret that begins there is replaced, otherwise one byte is copied.
/// So who stops after any call and goes on from the offset it returned, with this or another masker of the same secrets, gets the same bytes.
/// The price: of two secrets that overlap in the text only the one which begins first is masked whole.
/// </remarks>
internal sealed class StreamingMasker(SecretSet secrets)
{
    /// <summary>Stands for a secret, whatever its length.</summary>
    public static ReadOnlySpan<byte> Replacement => "***"u8;

    /// <summary>Masks a piece of the stream.</summary>
    /// <param name="input">The stream from the last returned offset on. At least <see cref="SecretSet.Longest"/> bytes make sure that something is consumed.</param>
    /// <param name="final">The stream ends with <paramref name="input"/>; then all of it is consumed.</param>
    /// <param name="output">Receives the masked bytes.</param>
    /// <returns>Bytes of <paramref name="input"/> that are done with. The rest, fewer than the longest secret has, may be the beginning of one and belongs before the next piece.</returns>
    public int Mask(ReadOnlySpan<byte> input, bool final, IBufferWriter<byte> output)
    {
        var (copied, at) = (0, 0);
        while ((at = secrets.NextCandidate(input, at)) < input.Length)
        {
            var length = secrets.Match(input[at..], final);
            if (length == 0)
            {
                at++;
                continue;
            }

            output.Write(input[copied..at]);
            if (length < 0)
                return at;
            output.Write(Replacement);
            copied = at += length;
        }

        output.Write(input[copied..]);
        return input.Length;
    }

    /// <summary>Masks a whole text, such as a message.</summary>
    public static string Mask(string text, SecretSet secrets)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + Replacement.Length);
        _ = new StreamingMasker(secrets).Mask(Encoding.UTF8.GetBytes(text), final: true, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
