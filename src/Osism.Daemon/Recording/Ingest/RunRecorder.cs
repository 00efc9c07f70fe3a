using System.Globalization;
using System.Text;
using Osism.Daemon.Facts;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Bodies;
using Osism.Daemon.Recording.Events;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>Turns the events of one job into rows. What it makes depends on the events alone, in their order: given the same ones again after a restart, it is
/// where it was, and every row has the number it had.</summary>
/// <remarks>Events may lack what should have come before them, where a line was torn or a disk was full: then a row without a name stands for it.</remarks>
/// <param name="job">The job.</param>
/// <param name="secrets">What must not be shown of names, messages and files; the lines are masked by who stores them.</param>
internal sealed class RunRecorder(Guid job, SecretSet secrets)
{
    /// <summary>Ansible's exit code after SIGINT (ansible-core 2.14, cli/__init__.py).</summary>
    private const int Interrupted = 99;

    private const int FirstSignal = 128;

    private readonly MaskedText _text = new(secrets);
    private readonly List<PlaybookRow> _playbooks = [];
    private readonly Dictionary<string, PlayRow> _plays = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskRow> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HostRow> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<(TaskRow, string), int> _retries = [];
    private readonly ChangedRows<PlaybookRow> _changedPlaybooks = new();
    private readonly ChangedRows<PlayRow> _changedPlays = new();
    private readonly ChangedRows<TaskRow> _changedTasks = new();
    private readonly ChangedRows<HostRow> _changedHosts = new();
    private readonly List<ResultRow> _results = [];
    private readonly List<FileRow> _newFiles = [];
    private readonly List<SeenFacts> _facts = [];
    private PlaybookRow? _playbook;
    private PlayRow? _play;
    private TaskRow? _task;
    private int _taskCount, _playCount;

    /// <summary>True while events are given that were stored before: what is written once is not written again.</summary>
    public bool IsReplay { get; set; }

    /// <summary>Playbooks whose number is not known yet.</summary>
    public IEnumerable<PlaybookRow> Unnumbered => _playbooks.Where(playbook => playbook.Id == 0);

    /// <summary>When the last event was written; the beginning of time without one.</summary>
    public DateTimeOffset LastAt { get; private set; } = DateTimeOffset.UnixEpoch;

    /// <summary>Forgets everything: the events will be given again from the start.</summary>
    public void Clear()
    {
        _playbooks.Clear();
        _playbook = null;
        LastAt = DateTimeOffset.UnixEpoch;
        Leave();
        _changedPlaybooks.Clear();
        _changedPlays.Clear();
        _changedTasks.Clear();
        _changedHosts.Clear();
        _results.Clear();
        _newFiles.Clear();
        _facts.Clear();
    }

    /// <summary>The next line.</summary>
    /// <param name="event">Null for a line that is no event.</param>
    /// <param name="line">The line behind the masker.</param>
    /// <param name="start">Where that lies in what is stored.</param>
    public void Add(RunEvent? @event, ReadOnlySpan<byte> line, long start)
    {
        if (@event is null)
        {
            // A run that is no playbook may write there what it likes.
            if (_playbook is { } playbook)
            {
                playbook.Unreadable++;
                _changedPlaybooks.Touch(playbook);
            }

            return;
        }

        LastAt = @event.At ?? LastAt;
        switch (@event.Kind)
        {
            case RunEventKind.RunStart:
                StartPlaybook(@event);
                break;
            case RunEventKind.File:
                AddFile(@event);
                break;
            case RunEventKind.PlayStart:
                StartPlay(@event);
                break;
            case RunEventKind.TaskStart:
                StartTask(@event);
                break;
            case RunEventKind.Retry:
                var retried = (TaskOf(@event.Task), @event.Host);
                _retries[retried] = _retries.GetValueOrDefault(retried) + 1;
                break;
            case RunEventKind.Facts:
                AddFacts(@event, line, start);
                break;
            case RunEventKind.Host:
                AddResult(@event, line.Length, start);
                break;
            case RunEventKind.Warning:
                Book().Warnings++;
                _changedPlaybooks.Touch(Book());
                break;
            case RunEventKind.Stats:
                AddRecap(@event);
                break;
        }
    }

    /// <summary>Nothing more will come.</summary>
    /// <param name="exit">Of the process; null when nobody knows.</param>
    public void Close(int? exit)
    {
        if (_playbook is { Status: RecordStatus.Running })
        {
            EndPlaybook(exit switch
            {
                0 => RecordStatus.Completed,
                null or Interrupted or > FirstSignal => RecordStatus.Expired,
                _ => RecordStatus.Failed,
            });
        }
    }

    /// <summary>What is to be written.</summary>
    /// <param name="withCounts">With rows of which only counts and ends changed; they change with every result and may wait.</param>
    public RecordBatch Changes(bool withCounts) => new(
        _changedPlaybooks.List(withCounts), _changedPlays.List(withCounts), _changedTasks.List(withCounts), _changedHosts.List(withCounts), [.. _results],
        [.. _newFiles], [.. _facts], withCounts);

    /// <summary>A batch of <see cref="Changes"/> is written.</summary>
    public void Written(RecordBatch batch)
    {
        _changedPlaybooks.Written(batch.WithCounts);
        _changedPlays.Written(batch.WithCounts);
        _changedTasks.Written(batch.WithCounts);
        _changedHosts.Written(batch.WithCounts);
        _results.Clear();
        _newFiles.Clear();
        _facts.Clear();
    }

    private void StartPlaybook(RunEvent @event)
    {
        if (_playbook is { Status: RecordStatus.Running })
        {
            EndPlaybook(RecordStatus.Completed);
        }

        Leave();
        var row = NewPlaybook();
        row.Path = _text.Shown(@event.Path);
        row.Ansible = @event.Ansible ?? "";
        row.Python = @event.Python;
        row.Controller = @event.Controller;
        row.User = @event.User;
        row.IsCheck = @event.IsCheck;
        row.Arguments = _text.Json(@event.Arguments, "{}");
    }

    private PlaybookRow NewPlaybook()
    {
        _playbook = _changedPlaybooks.Add(new PlaybookRow(_playbooks.Count + 1, LastAt));
        _playbooks.Add(_playbook);
        return _playbook;
    }

    private PlaybookRow Book() => _playbook ?? NewPlaybook();

    /// <summary>Ids of Ansible and names of hosts count within one playbook.</summary>
    private void Leave()
    {
        _plays.Clear();
        _tasks.Clear();
        _hosts.Clear();
        _files.Clear();
        _retries.Clear();
        (_play, _task) = (null, null);
        (_playCount, _taskCount) = (0, 0);
    }

    private void AddFile(RunEvent @event)
    {
        var path = _text.Shown(@event.Path);
        if (_files.ContainsKey(path) || @event.Content is null)
        {
            return;
        }

        var number = ++Book().Files;
        _files.Add(path, number);
        _changedPlaybooks.Touch(Book());
        if (!IsReplay)
        {
            _newFiles.Add(new FileRow(Book(), number, path, Encoding.UTF8.GetBytes(_text.Shown(@event.Content)), LastAt));
        }
    }

    private void StartPlay(RunEvent @event)
    {
        if (_plays.TryGetValue(@event.Play, out var known))
        {
            // The next batch of hosts of a serial play.
            _play = known;
            return;
        }

        if (_play is { } before)
        {
            EndPlay(before, RecordStatus.Completed);
        }

        var row = PlayOf(@event.Play);
        row.Name = _text.Shown(@event.Name);
        row.Strategy = @event.Strategy;
        row.Hosts = @event.HostsCount;
    }

    private PlayRow PlayOf(string uuid)
    {
        if (!_plays.TryGetValue(uuid, out var row))
        {
            _plays[uuid] = row = _changedPlays.Add(new PlayRow(Book(), ++_playCount, uuid, LastAt));
            Book().Plays = _playCount;
            _changedPlaybooks.Touch(Book());
        }

        return _play = row;
    }

    private void StartTask(RunEvent @event)
    {
        if (_tasks.TryGetValue(@event.Task, out var row) && row.Name.Length > 0)
        {
            _task = row;
            return;
        }

        if (_task is { } before && before != row)
        {
            EndTask(before, LastAt);
        }

        row ??= TaskOf(@event.Task);
        var (path, line) = Place(@event.Path);
        row.Name = _text.Shown(@event.Name) is { Length: > 0 } name ? name : @event.Action;
        row.Action = _text.Shown(@event.Action);
        row.Path = _text.Shown(path);
        row.Line = line;
        row.File = _files.TryGetValue(row.Path, out var file) ? file : null;
        row.Role = @event.Role is { Length: > 0 } role ? _text.Shown(role) : null;
        row.Tags = _text.Json(@event.Tags, "[]");
        row.IsHandler = @event.IsHandler;
        _task = row;
        _changedTasks.Touch(row);
    }

    private TaskRow TaskOf(string uuid)
    {
        if (!_tasks.TryGetValue(uuid, out var row))
        {
            var play = _play ?? PlayOf("");
            _tasks[uuid] = row = _changedTasks.Add(new TaskRow(play, ++_taskCount, uuid, LastAt));
            play.Tasks++;
            _changedPlays.Touch(play);
            Book().Tasks = _taskCount;
            _changedPlaybooks.Touch(Book());
        }

        return row;
    }

    private HostRow HostOf(string name)
    {
        if (!_hosts.TryGetValue(name, out var row))
        {
            _hosts[name] = row = _changedHosts.Add(new HostRow(Book(), _hosts.Count + 1, name, LastAt));
            Book().Hosts = _hosts.Count;
            _changedPlaybooks.Touch(Book());
        }

        return row;
    }

    private void AddFacts(RunEvent @event, ReadOnlySpan<byte> line, long start)
    {
        var host = HostOf(@event.Host);
        _changedHosts.Touch(host);
        if (!IsReplay)
        {
            // Lines that are given again lie where their rows already say.
            (host.FactsStart, host.FactsLength) = (start, line.Length);
            using var masked = MaskedJson.Parse(line.ToArray());
            if (masked is not null && masked.RootElement.TryGetProperty("facts", out var facts))
            {
                _facts.Add(new SeenFacts(@event.Host, @event.Action, LastAt, job, Encoding.UTF8.GetBytes(facts.GetRawText())));
            }
        }
    }

    private void AddResult(RunEvent @event, int length, long start)
    {
        var book = Book();
        var task = TaskOf(@event.Task);
        var host = HostOf(@event.Host);
        var (status, isChanged, isIgnored) = @event.Outcome;
        var ended = LastAt;
        var begun = @event.Duration is { } duration ? ended - duration : @event.Start ?? task.Started;

        // A clock that was set in between: an end before the beginning helps nobody.
        begun = begun > ended || begun < DateTimeOffset.UnixEpoch ? ended : begun;
        host.Count(status, isChanged, isIgnored);
        _changedHosts.Touch(host);
        task.Results++;
        task.LastResult = ended;
        task.HasFailed |= status is ResultStatus.Failed or ResultStatus.Unreachable && !isIgnored;
        task.Play.Results++;
        book.Results++;
        if (@event.Warnings is { } warnings)
        {
            task.Warnings.Add(_text.Shown(warnings));
        }

        if (@event.Deprecations is { } deprecations)
        {
            task.Deprecations.Add(_text.Shown(deprecations));
        }

        if (task.Ended is not null)
        {
            // A batch of hosts that comes later, or one that is slower.
            task.Ended = ended > task.Ended ? ended : task.Ended;
            task.Status = task.HasFailed ? RecordStatus.Failed : RecordStatus.Completed;
        }

        _changedTasks.Touch(task);
        _changedPlays.Touch(task.Play);
        _changedPlaybooks.Touch(book);
        var delegates = @event.DelegatedTo.Select(HostOf).ToList();
        _retries.Remove((task, @event.Host), out var retries);
        if (!IsReplay && book.Results <= RecordingIds.LastChild)
        {
            _results.Add(new ResultRow(
                task, host, book.Results, status, isChanged, isIgnored, begun, ended, start, length, @event.Items, retries > 0 ? retries : null, delegates,
                @event.Message is { } message ? _text.Shown(message) : null));
        }
    }

    private void AddRecap(RunEvent @event)
    {
        foreach (var (name, recap) in @event.Recap)
        {
            var host = HostOf(name);
            host.Take(recap);
            _changedHosts.Touch(host);
        }

        Book();
        EndPlaybook(@event.Recap.Values.Any(recap => recap.Failed + recap.Unreachable > 0) ? RecordStatus.Failed : RecordStatus.Completed);
    }

    private void EndPlaybook(RecordStatus status)
    {
        var book = Book();
        if (_play is { } play)
        {
            EndPlay(play, status == RecordStatus.Expired ? RecordStatus.Expired : RecordStatus.Completed);
        }

        (book.Status, book.Ended) = (status, LastAt < book.Started ? book.Started : LastAt);
        _changedPlaybooks.Touch(book);
    }

    private void EndPlay(PlayRow play, RecordStatus status)
    {
        if (_task is { } task)
        {
            EndTask(task, LastAt, status);
            _task = null;
        }

        (play.Status, play.Ended) = (status, LastAt < play.Started ? play.Started : LastAt);
        _changedPlays.Touch(play);
    }

    private void EndTask(TaskRow task, DateTimeOffset at, RecordStatus status = RecordStatus.Completed)
    {
        var end = status == RecordStatus.Expired ? at : task.LastResult ?? at;
        task.Status = task.HasFailed ? RecordStatus.Failed : status;
        task.Ended = end < task.Started ? task.Started : end;
        _changedTasks.Touch(task);
    }

    private static (string Path, int Line) Place(string path)
    {
        var colon = path.LastIndexOf(':');
        return colon > 0 && int.TryParse(path.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? (path[..colon], line) : (path, 0);
    }
}
