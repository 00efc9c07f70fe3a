using System.Text.Json;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>The warnings of a task over all its hosts: each text once, and not without end.</summary>
internal sealed class NoteList
{
    private const int Most = 20;

    private readonly List<string> _notes = [];

    /// <summary>As a JSON array.</summary>
    public string Json => _notes.Count == 0 ? "[]" : $"[{string.Join(',', _notes)}]";

    /// <param name="array">A JSON array of whatever the module said.</param>
    /// <returns>Whether there was one not yet known.</returns>
    public bool Add(string array)
    {
        var count = _notes.Count;
        try
        {
            using var document = JsonDocument.Parse(array);
            foreach (var text in document.RootElement.EnumerateArray().Select(note => note.GetRawText()))
            {
                // jsonb has no NUL.
                if (_notes.Count < Most && !text.Contains("\\u0000", StringComparison.Ordinal) && !_notes.Contains(text, StringComparer.Ordinal))
                {
                    _notes.Add(text);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The masker took a piece out of it; the line of the result still has it.
        }

        return _notes.Count > count;
    }
}
