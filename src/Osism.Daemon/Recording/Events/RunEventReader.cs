using System.Text.Json;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Events;

/// <summary>Reads lines of <c>events.ndjson</c>. Only what rows are made of is looked at: the rest of a line is passed over without being kept.</summary>
internal static class RunEventReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaskedJson.Deepest };

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
                Message = _message.Best(_status) is { Length: > 0 } message ? EventValues.Short(message) : null,
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
                _at = EventValues.Moment(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "seq"u8) || Is(ref reader, "v"u8) || Is(ref reader, "ignored"u8))
            {
                // In each line, and of no use here: they would be compared with all names below.
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
                _start = EventValues.Moment(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "dur_ms"u8))
            {
                _milliseconds = EventValues.Number(ref reader);
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
                _delegates = EventValues.Texts(ref reader);
            }
            else if (Is(ref reader, "items"u8))
            {
                _items = EventValues.Whole(ref reader);
                reader.Skip();
            }
            else if (Is(ref reader, "tags"u8))
            {
                _tags = EventValues.Raw(ref reader, line);
            }
            else if (Is(ref reader, "warnings"u8))
            {
                _warnings = EventValues.Raw(ref reader, line);
            }
            else if (Is(ref reader, "deprecations"u8))
            {
                _deprecations = EventValues.Raw(ref reader, line);
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
                _hostsCount = EventValues.Whole(ref reader);
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
                _arguments = EventValues.Raw(ref reader, line);
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
            text = reader.TokenType == JsonTokenType.String ? EventValues.Text(ref reader) : text;
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
}
