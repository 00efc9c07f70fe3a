using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;

namespace Osism.Daemon.Ara.Wire;

/// <summary>The object in a request: reads fields, and gathers what is wrong with them so that one answer names all.</summary>
internal sealed class AraBody : IDisposable
{
    private const int Deepest = 1000;

    /// <summary>Bytes of a body at most; ARA's own limit is half of it.</summary>
    private const int Largest = 32 * 1024 * 1024;

    /// <summary>Up to here a body that is too large is read all the same: a client that still sends would not see the answer.</summary>
    private const long Drained = 512L * 1024 * 1024;

    private readonly JsonDocument _document;
    private readonly TimeZoneInfo _local;
    private readonly bool _isWhole;
    private readonly SortedDictionary<string, string[]> _errors = new(StringComparer.Ordinal);

    private AraBody(JsonDocument document, bool isWhole, TimeZoneInfo local) => (_document, _isWhole, _local) = (document, isWhole, local);

    private JsonElement Root => _document.RootElement;

    /// <param name="context">The request.</param>
    /// <param name="isWhole">Whether every required field must be there (POST, PUT), or those given are to be changed (PATCH).</param>
    /// <param name="local">Of times without an offset.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <exception cref="AraFault">It is no JSON object.</exception>
    public static async Task<AraBody> ReadAsync(HttpContext context, bool isWhole, TimeZoneInfo local, CancellationToken cancellationToken)
    {
        var bytes = await BytesAsync(context, cancellationToken);
        if (bytes.Length == 0)
        {
            bytes = "{}"u8.ToArray();
        }

        if (!Utf8.IsValid(bytes))
        {
            throw AraFault.Detail(StatusCodes.Status400BadRequest, "JSON parse error - the body is not UTF-8");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = Deepest });
        }
        catch (JsonException e)
        {
            throw AraFault.Detail(StatusCodes.Status400BadRequest, $"JSON parse error - {e.Message}");
        }

        var kind = document.RootElement.ValueKind;
        if (kind != JsonValueKind.Object)
        {
            document.Dispose();
            throw AraFault.Field("non_field_errors", $"Invalid data. Expected a dictionary, but got {Python(kind)}.");
        }

        return new AraBody(document, isWhole, local);
    }

    public void Dispose() => _document.Dispose();

    /// <summary>Whether the field is given.</summary>
    public bool Has(string name) => Root.TryGetProperty(name, out _);

    /// <exception cref="AraFault">A field was not what it must be.</exception>
    public void Check()
    {
        if (_errors.Count > 0)
        {
            throw new AraFault(StatusCodes.Status400BadRequest, _errors);
        }
    }

    public void Refuse(string name, string text) => _errors.TryAdd(name, [text]);

    /// <param name="name">Of the field.</param>
    /// <param name="isRequired">Whether a new object must have it.</param>
    /// <param name="mayBeNull">Whether null is a value.</param>
    /// <param name="longest">Characters; an index holds no more.</param>
    public string? Text(string name, bool isRequired = false, bool mayBeNull = false, int longest = int.MaxValue)
    {
        if (!Find(name, isRequired, mayBeNull, out var value))
        {
            return null;
        }

        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
        {
            Refuse(name, "Not a valid string.");
            return null;
        }

        var text = (value.ValueKind == JsonValueKind.String ? RawJson.Text(value) : value.GetRawText()).Trim();
        if (isRequired && text.Length == 0)
        {
            Refuse(name, "This field may not be blank.");
        }
        else if (text.Length > longest)
        {
            Refuse(name, $"Ensure this field has no more than {longest} characters.");
        }

        return text;
    }

    /// <summary>A text of which every character counts, as UTF-8.</summary>
    public byte[]? Content(string name, bool isRequired)
    {
        if (!Find(name, isRequired, mayBeNull: false, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Refuse(name, "Not a valid string.");
            return null;
        }

        try
        {
            return Encoding.UTF8.GetBytes(value.GetString()!);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is not UTF-8.
            return Encoding.UTF8.GetBytes(RawJson.Text(value));
        }
    }

    /// <summary>Any JSON.</summary>
    public JsonElement? Json(string name, bool mayBeNull = false) => Find(name, isRequired: false, mayBeNull, out var value) ? value : null;

    public long? Key(string name, bool isRequired)
    {
        if (!Find(name, isRequired, mayBeNull: false, out var value))
        {
            return null;
        }

        var found = KeyOf(value, out var error);
        if (error is not null)
        {
            Refuse(name, error);
        }

        return found;
    }

    public long[]? Keys(string name)
    {
        if (!Find(name, isRequired: false, mayBeNull: false, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse(name, $"Expected a list of items but got type \"{Python(value.ValueKind)}\".");
            return null;
        }

        var keys = new List<long>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (KeyOf(item, out var error) is { } key)
            {
                keys.Add(key);
            }
            else
            {
                Refuse(name, error!);
            }
        }

        return [.. keys];
    }

    public int? Integer(string name, bool isRequired = false)
    {
        if (!Find(name, isRequired, mayBeNull: false, out var value))
        {
            return null;
        }

        var text = value.ValueKind switch { JsonValueKind.Number => value.GetRawText(), JsonValueKind.String => RawJson.Text(value).Trim(), _ => "" };
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        Refuse(name, "A valid integer is required.");
        return null;
    }

    public bool? Flag(string name, bool isRequired = false)
    {
        if (!Find(name, isRequired, mayBeNull: false, out var value))
        {
            return null;
        }

        var found = value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.GetRawText() switch { "1" => true, "0" => false, _ => (bool?)null },
            JsonValueKind.String => RawJson.Text(value).ToLowerInvariant() switch
            {
                "t" or "y" or "yes" or "true" or "on" or "1" => true,
                "f" or "n" or "no" or "false" or "off" or "0" => false,
                _ => null,
            },
            _ => null,
        };
        if (found is null)
        {
            Refuse(name, "Must be a valid boolean.");
        }

        return found;
    }

    public DateTime? Time(string name, bool mayBeNull = false)
    {
        if (!Find(name, isRequired: false, mayBeNull, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && AraFormat.ParseTime(RawJson.Text(value), _local) is { } time)
        {
            return time;
        }

        Refuse(name, "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].");
        return null;
    }

    /// <summary>Number of a state.</summary>
    public short? Choice(string name, ReadOnlySpan<string> choices)
    {
        if (!Find(name, isRequired: false, mayBeNull: false, out var value))
        {
            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? RawJson.Text(value) : value.GetRawText();
        if (choices.IndexOf(text) is var number and >= 0)
        {
            return (short)number;
        }

        Refuse(name, $"\"{text}\" is not a valid choice.");
        return null;
    }

    /// <summary>A UUID in the one form in which it is given back.</summary>
    public string? Uuid(string name, bool isRequired, bool mayBeNull)
    {
        if (!Find(name, isRequired, mayBeNull, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && Guid.TryParse(RawJson.Text(value), out var uuid))
        {
            return uuid.ToString();
        }

        Refuse(name, "Must be a valid UUID.");
        return null;
    }

    /// <summary>Names in a list.</summary>
    public string[]? Names(string name, int longest)
    {
        if (!Find(name, isRequired: false, mayBeNull: false, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse(name, $"Expected a list of items but got type \"{Python(value.ValueKind)}\".");
            return null;
        }

        var names = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            // Numbers and truth values come out of YAML lists of labels.
            var text = item.ValueKind switch
            {
                JsonValueKind.String => RawJson.Text(item).Trim(),
                JsonValueKind.Number => item.GetRawText(),
                JsonValueKind.True => "True",
                JsonValueKind.False => "False",
                _ => "",
            };
            if (text.Length == 0)
            {
                Refuse(name, item.ValueKind == JsonValueKind.String ? "This field may not be blank." : "Not a valid string.");
            }
            else if (text.Length > longest)
            {
                Refuse(name, $"Ensure this field has no more than {longest} characters.");
            }

            names.Add(text);
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private static async Task<byte[]> BytesAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = Drained;
        }

        using var buffer = new MemoryStream();
        var piece = new byte[16 * 1024];
        var length = 0L;
        int count;
        while ((count = await context.Request.Body.ReadAsync(piece, cancellationToken)) > 0)
        {
            length += count;
            if (length <= Largest)
            {
                buffer.Write(piece, 0, count);
            }
        }

        return length <= Largest
            ? buffer.ToArray()
            : throw AraFault.Detail(StatusCodes.Status413PayloadTooLarge, $"The body has {length} bytes; {Largest} are the most that is taken.");
    }

    private static long? KeyOf(JsonElement value, out string? error)
    {
        var text = value.ValueKind switch { JsonValueKind.Number => value.GetRawText(), JsonValueKind.String => RawJson.Text(value), _ => null };
        if (text is null || !decimal.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            error = $"Incorrect type. Expected pk value, received {Python(value.ValueKind)}.";
            return null;
        }

        // One that cannot be is one that is not there.
        error = number is < 1 or > long.MaxValue ? AraFault.NoSuchText(text) : null;
        return error is null ? (long)number : null;
    }

    private bool Find(string name, bool isRequired, bool mayBeNull, out JsonElement value)
    {
        if (!Root.TryGetProperty(name, out value))
        {
            if (isRequired && _isWhole)
            {
                Refuse(name, "This field is required.");
            }

            return false;
        }

        if (value.ValueKind != JsonValueKind.Null)
        {
            return true;
        }

        if (!mayBeNull)
        {
            Refuse(name, "This field may not be null.");
        }

        return false;
    }

    /// <summary>What Python calls it.</summary>
    private static string Python(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "dict",
        JsonValueKind.Array => "list",
        JsonValueKind.String => "str",
        JsonValueKind.Number => "int",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "NoneType",
    };
}
