using System.Runtime.InteropServices;
using System.Text.Json;

namespace Osism.Daemon.Recording.Events;

/// <summary>The words of a result that tell a person why.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ResultMessage(string? Msg, string? Error, string? Reason, string? Item)
{
    public static ResultMessage Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        string? msg = null, error = null, reason = null, item = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("msg"u8))
            {
                reader.Read();
                msg = reader.TokenType == JsonTokenType.String ? EventValues.Text(ref reader) : EventValues.Raw(ref reader, line);
            }
            else if (reader.ValueTextEquals("stderr"u8) || reader.ValueTextEquals("module_stderr"u8))
            {
                reader.Read();
                error = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0 ? EventValues.Text(ref reader) : error;
            }
            else if (reader.ValueTextEquals("skip_reason"u8) || reader.ValueTextEquals("skipped_reason"u8) || reader.ValueTextEquals("censored"u8))
            {
                reader.Read();
                reason = EventValues.Text(ref reader);
            }
            else if (reader.ValueTextEquals("results"u8))
            {
                reader.Read();
                item = FirstFailed(ref reader);
            }
            else
            {
                reader.Read();
            }

            reader.Skip();
        }

        return new ResultMessage(msg, error, reason, item);
    }

    /// <summary>A loop says only that some item failed: the first that did says why.</summary>
    public string? Best(string? status) => status switch
    {
        "failed" or "ignored" or "unreachable" => Item ?? (string.IsNullOrEmpty(Msg) || (Msg == "non-zero return code" && Error is not null) ? Error ?? Msg : Msg) ?? Reason,
        _ => string.IsNullOrEmpty(Msg) ? Reason : Msg,
    };

    private static string? FirstFailed(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return null;
        }

        string? found = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (found is null && reader.TokenType == JsonTokenType.StartObject)
            {
                found = FailedItem(ref reader);
            }

            reader.Skip();
        }

        return found;
    }

    private static string? FailedItem(ref Utf8JsonReader reader)
    {
        var failed = false;
        string? msg = null, error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("failed"u8))
            {
                reader.Read();
                failed = reader.TokenType == JsonTokenType.True;
            }
            else if (reader.ValueTextEquals("msg"u8))
            {
                reader.Read();
                msg = EventValues.Text(ref reader);
            }
            else if (reader.ValueTextEquals("stderr"u8))
            {
                reader.Read();
                error = EventValues.Text(ref reader);
            }
            else
            {
                reader.Read();
            }

            reader.Skip();
        }

        return !failed ? null : string.IsNullOrEmpty(msg) || (msg == "non-zero return code" && !string.IsNullOrEmpty(error)) ? error : msg;
    }
}
