using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Current;

/// <summary>Values as the API shows them: JSON in which secrets may be hidden.</summary>
/// <remarks>What JSON does not have (a set, bytes, NaN) becomes the nearest thing it has, as one value must not cost the whole answer.</remarks>
internal static class ShownValues
{
    /// <summary>Stands for a secret. Source: python-osism, <c>/v1/inventory</c>.</summary>
    public const string Mask = "***";

    /// <summary><see cref="Mask"/> as a value.</summary>
    public static JsonElement Hidden { get; } = JsonDocument.Parse($"\"{Mask}\"").RootElement;

    private const string VaultHead = "$ANSIBLE_VAULT;";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] SecretWords =
        ["password", "secret", "passwd", "passphrase", "private_key", "token", "credential", "fernet_key", "_access_key", "keyring", "community"];

    /// <summary>Whether what has this name is hidden from those who may only read.</summary>
    public static bool IsSecretName(string name) =>
        name.StartsWith("ironic_osism_", StringComparison.OrdinalIgnoreCase)
        || Array.Exists(SecretWords, word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>The value of a variable.</summary>
    public static JsonElement Of(string name, PyValue value, bool isMasked)
    {
        using var document = JsonDocument.Parse(Write(name, value, isMasked).WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>The same in one line; a text is itself.</summary>
    public static string TextOf(string name, PyValue value, bool isMasked) => value is PyText text
        ? IsHidden(name, text, isMasked) ? Mask : EscapedUtf8.ForOutput(text.Value)
        : Encoding.UTF8.GetString(Write(name, value, isMasked).WrittenSpan);

    /// <summary>A name, or the key of a dictionary.</summary>
    public static string NameOf(PyValue key) => EscapedUtf8.ForOutput(key switch
    {
        PyText text => text.Value,
        PyNone => "null",
        PyBool flag => flag.Value ? "true" : "false",
        _ => PyRepr.Str(key, vault => vault.Ciphertext),
    });

    private static ArrayBufferWriter<byte> Write(string name, PyValue value, bool isMasked)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, Options);
        if (IsHidden(name, value, isMasked))
            json.WriteStringValue(Mask);
        else
            Write(json, value, isMasked);
        json.Flush();
        return bytes;
    }

    private static bool IsHidden(string name, PyValue value, bool isMasked) =>
        isMasked && (IsSecretName(name) || value is PyVault || (value is PyText text && text.Value.StartsWith(VaultHead, StringComparison.Ordinal)));

    private static void Write(Utf8JsonWriter json, PyValue value, bool isMasked)
    {
        switch (value)
        {
            case PyNone:
                json.WriteNullValue();
                break;
            case PyBool flag:
                json.WriteBooleanValue(flag.Value);
                break;
            case PyInt number:
                json.WriteRawValue(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case PyFloat { Value: var real } when double.IsFinite(real):
                json.WriteRawValue(PyRepr.Float(real));
                break;
            case PyText { IsUnsafe: false } text:
                json.WriteStringValue(EscapedUtf8.ForOutput(text.Value));
                break;
            // As ansible-inventory shows them.
            case PyText text:
                WriteSpecial(json, "__ansible_unsafe", text.Value);
                break;
            case PyVault vault:
                WriteSpecial(json, "__ansible_vault", vault.Ciphertext);
                break;
            case PyTime time:
                json.WriteStringValue(time.Iso());
                break;
            case PySequence sequence:
                WriteItems(json, sequence.Items, isMasked);
                break;
            case PySet set:
                WriteItems(json, set.Items, isMasked);
                break;
            case PyMapping mapping:
                json.WriteStartObject();
                foreach (var pair in mapping.Pairs)
                {
                    var name = NameOf(pair.Key);
                    json.WritePropertyName(name);
                    if (IsHidden(name, pair.Value, isMasked))
                        json.WriteStringValue(Mask);
                    else
                        Write(json, pair.Value, isMasked);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteStringValue(EscapedUtf8.ForOutput(PyRepr.Str(value, vault => vault.Ciphertext)));
                break;
        }
    }

    private static void WriteSpecial(Utf8JsonWriter json, string key, string value)
    {
        json.WriteStartObject();
        json.WriteString(key, EscapedUtf8.ForOutput(value));
        json.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter json, PyValue[] items, bool isMasked)
    {
        json.WriteStartArray();
        foreach (var item in items)
        {
            if (IsHidden("", item, isMasked))
                json.WriteStringValue(Mask);
            else
                Write(json, item, isMasked);
        }

        json.WriteEndArray();
    }
}
