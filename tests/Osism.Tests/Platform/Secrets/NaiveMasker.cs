using System.Text;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Tests.Platform.Secrets;

/// <summary>What the masker must do, as slow and plain as possible: at each position try every secret.</summary>
internal static class NaiveMasker
{
    public static byte[] Mask(byte[] text, IEnumerable<string> secrets, int minimumLength)
    {
        var forms = secrets.SelectMany(secret => SecretForms.Of(secret, minimumLength)).Where(form => form.Length > 0).ToList();
        var output = new List<byte>();
        for (var at = 0; at < text.Length;)
        {
            var longest = forms.Where(form => text.AsSpan(at).StartsWith(form)).Select(form => form.Length).DefaultIfEmpty(0).Max();
            if (longest > 0)
                output.AddRange(Encoding.ASCII.GetBytes("***"));
            else
                output.Add(text[at]);
            at += Math.Max(longest, 1);
        }

        return [.. output];
    }
}
