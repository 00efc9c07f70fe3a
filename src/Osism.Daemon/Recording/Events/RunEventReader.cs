using System.Text;
using System.Text.Json;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Events;

/// <summary>Reads lines of <c>events.ndjson</c>. Only what rows are made of is looked at: the rest of a line is passed over without being kept.</summary>
internal static class RunEventReader
{
    /// <summary>Characters of a message that a row keeps; the whole is in the line.</summary>
    public const int MessageLength = 500;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaskedJson.Deepest };

    private const double LastSecond = 253402300799; // The end of the year 9999.

    /// <returns>Null when it is no event: torn, binary, or written by the run itself.</returns>
    public static RunEvent? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, Options);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? new Draft().Fill(ref reader, line) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static RunEventKind KindOf(ref Utf8JsonReader reader) => reader switch
    {
        _ when reader.ValueTextEquals("host"u8) => RunEventKind.Host,
        _ when reader.ValueTextEquals("host_start"u8) => RunEventKind.HostStart,
        _ when reader.ValueTextEquals("item"u8) => RunEventKind.Item,
        _ when reader.ValueTextEquals("task_start"u8) => RunEventKind.TaskStart,
        _ when reader.ValueTextEquals("retry"u8) => RunEventKind.Retry,
        _ when reader.ValueTextEquals("facts"u8) => RunEventKind.Facts,
        _ when reader.ValueTextEquals("file"u8) => RunEventKind.File,
        _ when reader.ValueTextEquals("play_start"u8) => RunEventKind.PlayStart,
        _ when reader.ValueTextEquals("run_start"u8) => RunEventKind.RunStart,
        _ when reader.ValueTextEquals("stats"u8) => RunEventKind.Stats,
        _ when reader.ValueTextEquals("no_hosts"u8) => RunEventKind.NoHosts,
        _ when reader.ValueTextEquals("warning"u8) || reader.ValueTextEquals("deprecation"u8) => RunEventKind.Warning,
        _ => RunEventKind.Other,
    };

    /// <summary>Text that PostgreSQL can hold: no NUL, and no half of a surrogate pair.</summary>
    private static string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return "";
        }

        try
        {
            return reader.GetString()!.Replace('\0', '\uFFFD');
        }
        catch (InvalidOperationException)
        {
            // Invalid UTF-8, or an escape that is half of a character.
            return Encoding.UTF8.GetString(reader.ValueSpan).Replace('\0', '\uFFFD');
        }
    }

    private static double? Number(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private static int? Whole(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null;

    private static DateTimeOffset? Moment(ref Utf8JsonReader reader) =>
        Number(ref reader) is { } seconds and >= 0 and < LastSecond
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond) / 10 * 10)
            : null;

    /// <summary>An array or object as it stands there.</summary>
    private static string? Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            reader.Skip();
            return null;
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Encoding.UTF8.GetString(line[start..(int)reader.BytesConsumed]);
    }

    private static List<string> Texts(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return texts;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                texts.Add(Text(ref reader));
            }

            reader.Skip();
        }

        return texts;
    }

    private static string Short(string text) =>
        text.Length <= MessageLength ? text : text[..(char.IsHighSurrogate(text[MessageLength - 1]) ? MessageLength - 1 : MessageLength)];

    /// <summary>What is known of a line while it is read.</summary>
    private ref struct Draft
    {
        private RunEventKind _kind;
        private bool _isEvent;
        private DateTimeOffset? _at, _start;
        private double? _milliseconds;
        private bool _isChanged, _isHandler, _isCheck;
        private int? _items, _hostsCount;
        private string? _host, _task, _play, _status, _name, _action, _path, _playbook, _role, _strategy, _ansible, _python, _controller, _user, _content;
        private string? _tags, _arguments, _warnings, _deprecations;
        private ResultMessage _message;
        private List<string>? _delegates;
        private Dictionary<string, HostRecap>? _recap;

        public RunEvent? Fill(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                Property(ref reader, line);
            }

            // What follows the object makes the line a torn one: the reader throws.
            reader.Read();
            if (!_isEvent || (_kind == RunEventKind.Stats && _recap is null))
            {
                return null;
            }

            return new RunEvent(_kind)
            {
                At = _at,
                Host = _host ?? "",
                Task = _task ?? "",
                Play = _play ?? "",
                Status = _status ?? "",
                IsChanged = _isChanged,
                Start = _start,
                Duration = _milliseconds is { } ms and >= 0 and < 1e12 ? TimeSpan.FromMilliseconds(ms) : null,
                Message = _message.Best(_status) is { Length: > 0 } message ? Short(message) : null,
                DelegatedTo = _delegates ?? (IReadOnlyList<string>)[],
                Items = _items,
                Name = _name ?? "",
                Action = _action ?? "",
                Path = _path ?? _playbook ?? "",
                Role = _role,
                IsHandler = _isHandler,
                IsCheck = _isCheck,
                Strategy = _strategy,
                HostsCount = _hostsCount ?? 0,
                Ansible = _ansible,
                Python = _python,
                Controller = _controller,
                User = _user,
                Content = _content,
                Tags = _tags,
                Arguments = _arguments,
                Warnings = _warnings,
                Deprecations = _deprecations,
                Recap = _recap ?? (IReadOnlyDictionary<string, HostRecap>)System.Collections.Frozen.FrozenDictionary<string, HostRecap>.Empty,
            };
        }

        private void Property(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
        {
            // The order is that of their number: most lines are results.
            if (Is(ref reader, "ev"u8))
            {
                (_kind, _isEvent) = reader.TokenType == JsonTokenType.String ? (KindOf(ref reader), true) : (RunEventKind.Other, false);
                reader.Skip();
            }
            else if (Is(ref reader, "t"u8))
            {
                _at = Moment(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "h"u8))
            {
                Take(ref reader, ref _host);
            }
            else if (Is(ref reader, "task"u8))
            {
                Take(ref reader, ref _task);
            }
            else if (Is(ref reader, "status"u8))
            {
                Take(ref reader, ref _status);
            }
            else if (Is(ref reader, "changed"u8))
            {
                Take(ref reader, ref _isChanged);
            }
            else if (Is(ref reader, "res"u8))
            {
                _message = ResultMessage.Read(ref reader, line);
            }
            else if (Is(ref reader, "start"u8))
            {
                _start = Moment(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "dur_ms"u8))
            {
                _milliseconds = Number(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "name"u8))
            {
                Take(ref reader, ref _name);
            }
            else if (Is(ref reader, "action"u8))
            {
                Take(ref reader, ref _action);
            }
            else if (Is(ref reader, "path"u8))
            {
                Take(ref reader, ref _path);
            }
            else
            {
                Rare(ref reader, line);
            }
        }

        private void Rare(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
        {
            if (Is(ref reader, "play"u8))
            {
                Take(ref reader, ref _play);
            }
            else if (Is(ref reader, "role"u8))
            {
                Take(ref reader, ref _role);
            }
            else if (Is(ref reader, "handler"u8))
            {
                Take(ref reader, ref _isHandler);
            }
            else if (Is(ref reader, "delegated_to"u8))
            {
                _delegates = Texts(ref reader);
            }
            else if (Is(ref reader, "items"u8))
            {
                _items = Whole(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "tags"u8))
            {
                _tags = Raw(ref reader, line);
            }
            else if (Is(ref reader, "warnings"u8))
            {
                _warnings = Raw(ref reader, line);
            }
            else if (Is(ref reader, "deprecations"u8))
            {
                _deprecations = Raw(ref reader, line);
            }
            else
            {
                OfRuns(ref reader, line);
            }
        }

        private void OfRuns(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
        {
            if (Is(ref reader, "playbook"u8))
            {
                Take(ref reader, ref _playbook);
            }
            else if (Is(ref reader, "strategy"u8))
            {
                Take(ref reader, ref _strategy);
            }
            else if (Is(ref reader, "hosts_count"u8))
            {
                _hostsCount = Whole(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "check"u8))
            {
                Take(ref reader, ref _isCheck);
            }
            else if (Is(ref reader, "ansible"u8))
            {
                Take(ref reader, ref _ansible);
            }
            else if (Is(ref reader, "python"u8))
            {
                Take(ref reader, ref _python);
            }
            else if (Is(ref reader, "controller"u8))
            {
                Take(ref reader, ref _controller);
            }
            else if (Is(ref reader, "user"u8))
            {
                Take(ref reader, ref _user);
            }
            else if (Is(ref reader, "content"u8))
            {
                Take(ref reader, ref _content);
            }
            else if (Is(ref reader, "arguments"u8))
            {
                _arguments = Raw(ref reader, line);
            }
            else if (Is(ref reader, "hosts"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                _recap = ReadRecap(ref reader);
            }
            else
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    reader.Read();
                }

                reader.Skip();
            }
        }

        /// <summary>At the value when it is this property.</summary>
        private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
            reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name) && reader.Read();

        private static void Take(ref Utf8JsonReader reader, ref string? text)
        {
            text = reader.TokenType == JsonTokenType.String ? Text(ref reader) : text;
            reader.Skip();
        }

        private static void Take(ref Utf8JsonReader reader, ref bool value)
        {
            value = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }

        private static Dictionary<string, HostRecap> ReadRecap(ref Utf8JsonReader reader)
        {
            var recap = new Dictionary<string, HostRecap>(StringComparer.Ordinal);
            using var hosts = JsonDocument.ParseValue(ref reader);
            foreach (var host in hosts.RootElement.EnumerateObject())
            {
                // A recap that is none in part is none: what else it says cannot be trusted.
                int Of(string name) => host.Value.TryGetProperty(name, out var value) ? value.GetInt32() : 0;
                recap[host.Name.Replace('\0', '\uFFFD')] =
                    new HostRecap(Of("ok"), Of("changed"), Of("failed"), Of("unreachable"), Of("skipped"), Of("rescued"), Of("ignored"));
            }

            return recap;
        }
    }

    /// <summary>The words of a result that tell a person why.</summary>
    private readonly record struct ResultMessage(string? Msg, string? Error, string? Reason, string? Item)
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
                    msg = reader.TokenType == JsonTokenType.String ? Text(ref reader) : Raw(ref reader, line);
                }
                else if (reader.ValueTextEquals("stderr"u8) || reader.ValueTextEquals("module_stderr"u8))
                {
                    reader.Read();
                    error = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0 ? Text(ref reader) : error;
                }
                else if (reader.ValueTextEquals("skip_reason"u8) || reader.ValueTextEquals("skipped_reason"u8) || reader.ValueTextEquals("censored"u8))
                {
                    reader.Read();
                    reason = Text(ref reader);
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
                    msg = Text(ref reader);
                }
                else if (reader.ValueTextEquals("stderr"u8))
                {
                    reader.Read();
                    error = Text(ref reader);
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
}
