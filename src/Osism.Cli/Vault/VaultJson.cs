using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts.Vault;

namespace Osism.Cli.Vault;

/// <summary>Reads and writes what the vault commands exchange; see <see cref="JsonFields"/>.</summary>
internal static class VaultJson
{
    public static VaultContent ReadContent(JsonElement json) => new(json.Text("path"), json.Flag("encrypted"), json.Text("content"));

    public static VaultCheck ReadCheck(JsonElement json) =>
        new(json.Flag("passed"), json.Text("code"), json.Text("message"), json.TextOrNull("path"), json.Texts("warnings"));

    public static void Write(Utf8JsonWriter json, VaultFile file)
    {
        json.WriteStartObject();
        json.WriteString("path", file.Path);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, SetVaultPassword password)
    {
        json.WriteStartObject();
        json.WriteString("password", password.Password);
        json.WriteEndObject();
    }
}
