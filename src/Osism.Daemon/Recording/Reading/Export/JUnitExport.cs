using System.Globalization;
using System.Text;
using System.Xml;
using Osism.Contracts.Recording;
using Osism.Daemon.Recording.Reading.Overview;

namespace Osism.Daemon.Recording.Reading.Export;

/// <summary>A job as JUnit's XML: a suite a play, a case a task and host. Written as it is read; the counts that stand in front come from the thin rows.</summary>
internal sealed class JUnitExport(ResultDetails details)
{
    public async Task WriteAsync(Stream output, Guid job, JobOutline outline, CancellationToken cancellationToken)
    {
        await using var xml = XmlWriter.Create(output, new XmlWriterSettings { Async = true, Indent = true, Encoding = new UTF8Encoding(false), CloseOutput = false });
        await xml.WriteStartDocumentAsync();
        await StartAsync(xml, "testsuites");
        await AttributeAsync(xml, "name", $"osism job {job}");
        await CountsAsync(xml, outline.Results);
        var playOf = outline.Tasks.ToDictionary(task => task.Id, task => task.Play);
        var results = outline.Results.Where(result => playOf.ContainsKey(result.Task)).ToLookup(result => playOf[result.Task]);
        foreach (var (play, at) in results.OrderBy(play => play.Key).Select((play, at) => (play, at)))
        {
            await StartAsync(xml, "testsuite");
            await AttributeAsync(xml, "name", outline.Plays.GetValueOrDefault(play.Key) ?? "");
            await AttributeAsync(xml, "id", at.ToString(CultureInfo.InvariantCulture));
            await CountsAsync(xml, [.. play]);
            await AttributeAsync(xml, "timestamp", new DateTime(play.Min(result => result.Start), DateTimeKind.Utc).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
            var run = outline.Runs.Single(run => run.Playbook == RecordingIds.PlaybookOf(play.Key));
            await foreach (var (row, names, body) in details.WalkAsync(run, new ResultFilter(), 0, null, row => row.Status is 2 or 4, cancellationToken))
            {
                if (playOf.GetValueOrDefault(row.Task) == play.Key)
                {
                    await CaseAsync(xml, row, names.Describe(row), body);
                }
            }

            await xml.WriteEndElementAsync();
        }

        await xml.WriteEndElementAsync();
        await xml.WriteEndDocumentAsync();
        await xml.FlushAsync();
    }

    private static async Task CaseAsync(XmlWriter xml, ResultRow row, ResultInfo info, ResultBody body)
    {
        await StartAsync(xml, "testcase");
        await AttributeAsync(xml, "name", $"[{info.Host}] {info.Task}");
        await AttributeAsync(xml, "classname", info.Path.Length > 0 ? info.Path : info.Action);
        await AttributeAsync(xml, "time", Seconds(info.DurationMs ?? 0));
        switch (info.Status)
        {
            case ResultStatuses.Failed or ResultStatuses.Unreachable:
                await StartAsync(xml, info.Status == ResultStatuses.Failed ? "failure" : "error");
                await AttributeAsync(xml, "message", info.Msg ?? info.Status);
                await AttributeAsync(xml, "type", info.Status);
                await xml.WriteStringAsync(XmlText.Of(Words(info, body)));
                await xml.WriteEndElementAsync();
                break;
            case ResultStatuses.Skipped:
                await StartAsync(xml, "skipped");
                if (info.Msg is { } reason)
                {
                    await AttributeAsync(xml, "message", reason);
                }

                await xml.WriteEndElementAsync();
                break;
            case ResultStatuses.Ignored:
                await StartAsync(xml, "system-out");
                await xml.WriteStringAsync(XmlText.Of($"failed and ignored: {Words(info, body)}"));
                await xml.WriteEndElementAsync();
                break;
        }

        await xml.WriteEndElementAsync();
    }

    private static string Words(ResultInfo info, ResultBody body)
    {
        var words = new StringBuilder(body.Text("msg") ?? info.Msg ?? "");
        foreach (var name in new[] { "stdout", "stderr", "module_stdout", "module_stderr", "exception" })
        {
            if (body.Text(name) is { Length: > 0 } text)
            {
                words.Append($"\n{name}:\n{text}");
            }
        }

        return words.ToString();
    }

    private static async Task CountsAsync(XmlWriter xml, IReadOnlyCollection<OutlineResult> results)
    {
        await AttributeAsync(xml, "tests", Count(_ => true));
        await AttributeAsync(xml, "failures", Count(result => result.Shown == ResultStatuses.Failed));
        await AttributeAsync(xml, "errors", Count(result => result.Shown == ResultStatuses.Unreachable));
        await AttributeAsync(xml, "skipped", Count(result => result.Shown == ResultStatuses.Skipped));
        await AttributeAsync(xml, "time", Seconds(results.Sum(result => result.Milliseconds)));

        string Count(Func<OutlineResult, bool> which) => results.Count(which).ToString(CultureInfo.InvariantCulture);
    }

    private static string Seconds(long milliseconds) => (milliseconds / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private static Task StartAsync(XmlWriter xml, string name) => xml.WriteStartElementAsync(null, name, null);

    private static Task AttributeAsync(XmlWriter xml, string name, string value) => xml.WriteAttributeStringAsync(null, name, null, XmlText.Of(value));
}
