using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Terminal;
using Osism.Contracts.Recording;

namespace Osism.Cli.Recording;

/// <summary>Draws hosts by tasks: a row a task, a character a host, host names written downwards. What is large shows what is of interest first.</summary>
internal sealed class MatrixText
{
    private const int WidthOfNobody = 120;

    /// <summary>Tasks that are shown whatever became of them.</summary>
    private const int FewTasks = 60;

    private const int NarrowestTask = 20;
    private const int WidestTask = 60;

    private readonly bool _colours;
    private readonly int _width;
    private readonly List<string> _hosts;
    private readonly List<string> _states;
    private readonly List<JsonElement> _tasks;
    private readonly bool _all;
    private readonly int _left;

    public MatrixText(JsonElement matrix, Screen screen, bool all)
    {
        _colours = screen.Colours;
        _width = screen.Width ?? WidthOfNobody;
        _hosts = matrix.List("hosts", host => SafeText.Line(host.Text("host")));
        _states = matrix.List("hosts", host => host.Text("status"));
        _tasks = [.. matrix.GetProperty("tasks").EnumerateArray()];
        _left = matrix.Int("left");
        _all = all;
    }

    public string Write()
    {
        var text = new StringBuilder();
        if (_tasks.Count == 0)
            return "nothing was recorded\n";

        var shown = Shown();
        var taskWidth = Math.Clamp(shown.Max(task => SafeText.Line(ResultText.Task(task)).Length), NarrowestTask, Math.Min(WidestTask, Math.Max(NarrowestTask, _width / 2)));
        var fit = Math.Max(1, _width - taskWidth - 2);
        var order = Order(fit);
        var blocks = _all ? order.Chunk(fit).ToList() : [[.. order.Take(fit)]];
        foreach (var block in blocks)
            Block(text, shown, block, taskWidth);

        text.Append('\n');
        Legend(text);
        if (_tasks.Count > shown.Count)
            text.Append($"{_tasks.Count - shown.Count} more tasks were ok or skipped on all hosts; --all shows them\n");
        if (!_all && _hosts.Count > fit)
            text.Append($"{_hosts.Count - fit} more hosts do not fit; --all shows them, --host picks some\n");
        if (_left > 0)
            text.Append($"{_left} more tasks are too many to be shown\n");
        return text.ToString();
    }

    private List<JsonElement> Shown()
    {
        if (_all || _tasks.Count <= FewTasks)
            return _tasks;
        var interesting = _tasks.Where(task => task.Text("status") is not (ResultStatuses.Ok or ResultStatuses.Skipped)).ToList();
        return interesting.Count > 0 ? interesting : [.. _tasks.Take(FewTasks)];
    }

    /// <summary>Hosts in their order; where not all fit, those that failed before those that changed before the others.</summary>
    private int[] Order(int fit)
    {
        var places = Enumerable.Range(0, _hosts.Count);
        return _all || _hosts.Count <= fit ? [.. places] : [.. places.OrderBy(at => Rank(_states[at]))];
    }

    private static int Rank(string status) => status switch
    {
        ResultStatuses.Failed or ResultStatuses.Unreachable => 0,
        ResultStatuses.Ignored => 1,
        ResultStatuses.Changed => 2,
        _ => 3,
    };

    private void Block(StringBuilder text, List<JsonElement> tasks, int[] hosts, int taskWidth)
    {
        text.Append('\n');
        Head(text, hosts, taskWidth);
        string? play = null;
        foreach (var task in tasks)
        {
            if (task.Text("play") != play)
            {
                play = task.Text("play");
                text.Append($"PLAY [{ResultText.Fit(SafeText.Line(play), Math.Min(play.Length, _width - 8)).TrimEnd()}]\n");
            }

            text.Append(ResultText.Fit(SafeText.Line(ResultText.Task(task)), taskWidth)).Append("  ");
            var cells = task.Text("cells");
            foreach (var host in hosts)
                text.Append(Cell(cells[host]));
            TrimEnd(text);
            text.Append('\n');
        }
    }

    /// <summary>Names downwards, ending at their column; what all of them begin with stands once beside them.</summary>
    private void Head(StringBuilder text, int[] hosts, int taskWidth)
    {
        var names = hosts.Select(host => _hosts[host]).ToList();
        var common = names.Count > 1 ? Common(names) : "";
        var rest = names.ConvertAll(name => name[common.Length..]);
        var height = rest.Max(name => name.Length);
        for (var line = 0; line < height; line++)
        {
            var side = line == height - 1 && common.Length > 0 ? $"{common}..." : "";
            text.Append(ResultText.Fit(side, taskWidth)).Append("  ");
            foreach (var name in rest)
            {
                var at = line - (height - name.Length);
                text.Append(at < 0 ? ' ' : name[at]);
            }

            TrimEnd(text);
            text.Append('\n');
        }
    }

    /// <summary>What all names begin with, up to a mark between words; something is left of each.</summary>
    private static string Common(List<string> names)
    {
        var length = names.Min(name => name.Length) - 1;
        var first = names[0];
        var common = 0;
        while (common < length && names.TrueForAll(name => name[common] == first[common]))
            common++;
        while (common > 0 && first[common - 1] is not ('-' or '.' or '_'))
            common--;
        return first[..common];
    }

    private void Legend(StringBuilder text)
    {
        text.Append(string.Join("  ", new[]
        {
            $"{Cell('.')} ok", $"{Cell('C')} changed", $"{Cell('F')} failed", $"{Cell('I')} ignored", $"{Cell('U')} unreachable", $"{Cell('s')} skipped",
        })).Append("  blank: did not run\n");
    }

    private string Cell(char cell) => ResultText.Paint(
        cell.ToString(),
        cell switch
        {
            '.' => Colour.Green,
            'C' or 'I' => Colour.Yellow,
            'F' or 'U' => Colour.Red,
            's' => Colour.Cyan,
            _ => Colour.None,
        },
        _colours);

    private static void TrimEnd(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] == ' ')
            text.Length--;
    }
}
