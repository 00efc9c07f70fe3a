using System.Security.Cryptography;
using System.Text;

namespace Osism.Daemon.Ansible;

/// <summary>The vault password of a run.</summary>
/// <param name="text">Never logged.</param>
/// <param name="source"><c>stored</c> or <c>file</c>.</param>
internal sealed class RunPassword(string text, string source)
{
    public string Text { get; } = text;

    public string Source { get; } = source;

    /// <summary>Tells passwords apart.</summary>
    public string Sha256 { get; } = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>Finds the vault password; null when none is set.</summary>
internal delegate Task<RunPassword?> RunPasswordSource(CancellationToken cancellationToken);
