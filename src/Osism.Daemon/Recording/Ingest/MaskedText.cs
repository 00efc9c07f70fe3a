using System.Text;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>Texts for columns, without what must not be shown.</summary>
internal sealed class MaskedText(SecretSet secrets)
{
    public string Shown(string text) => secrets.Count == 0 ? text : StreamingMasker.Mask(text, secrets);

    /// <summary>Text for a column of type jsonb, which knows no NUL; what cannot be kept there is left out, the line has it.</summary>
    public string Json(string? text, string empty)
    {
        if (text is null || text.Contains("\\u0000", StringComparison.Ordinal))
        {
            return empty;
        }

        var shown = Shown(text);
        if (!MaskedJson.IsValid(shown))
        {
            shown = Encoding.UTF8.GetString(MaskedJson.Repair(Encoding.UTF8.GetBytes(shown)));
        }

        return MaskedJson.IsValid(shown) ? shown : empty;
    }
}
