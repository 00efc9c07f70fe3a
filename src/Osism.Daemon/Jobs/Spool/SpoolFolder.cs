using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>The folder of one attempt: everything that is known about a run while the manager may be dead.</summary>
/// <remarks>
/// <code>
/// attempt.json   what must be known to adopt the run (0600), the strings the masker hides among it, sealed
/// command        what the supervisor runs, as whom and where (SpoolCommand)
/// secrets/       files for the run's user only
/// pid, exit.t    blank: the supervisor writes into them
/// started        another name of pid, boot id and /proc/PID/stat of the supervisor, which it gives as its first act; or an empty file, put
///                there by whoever fences the attempt. Who is first decides. (A new name for an old file needs no room on the disk.)
/// output         what the command wrote
/// events.ndjson  what the callback plugin wrote
/// exit           exit code, renamed into place at the end
/// withheld       says that the output was not stored and why the folder is still here
/// </code>
/// </remarks>
internal sealed class SpoolFolder(string path)
{
    public string Path { get; } = path;

    /// <summary>What <see cref="ReadRecord"/> reads.</summary>
    public string Record => In("attempt.json");

    public string Output => In("output");

    public string Events => In("events.ndjson");

    /// <summary>What <see cref="SpoolCommand"/> packed.</summary>
    public string Command => In("command");

    public string SecretsFolder => In("secrets");

    public string Pid => In("pid");

    public string ExitDraft => In("exit.t");

    /// <summary>The attempt has ended and its output could not be stored: it lies here for a while.</summary>
    public string WithheldMark => In("withheld");

    /// <summary>Whether the supervisor began, somebody fenced the attempt before it could, or neither.</summary>
    public SpoolStart Start =>
        new FileInfo(In("started")) is { Exists: true } started ? started.Length > 0 ? SpoolStart.Begun : SpoolStart.Fenced : SpoolStart.Open;

    public static string NameOf(Guid job, int attempt) => $"{job}.{attempt}";

    /// <summary>The folder an attempt has, or would have.</summary>
    public static SpoolFolder Of(string spool, Guid job, int attempt) => new(System.IO.Path.Combine(spool, NameOf(job, attempt)));

    /// <summary>All folders of a job, latest attempt first.</summary>
    public static IReadOnlyList<SpoolFolder> Find(string spool, Guid job) =>
        Directory.Exists(spool)
            ? [.. Directory.EnumerateDirectories(spool, $"{job}.*").OrderByDescending(AttemptOf).Select(folder => new SpoolFolder(folder))]
            : [];

    /// <summary>Makes sure that nothing of an attempt can begin any more.</summary>
    /// <returns>True when it never began and never will; false when it has begun.</returns>
    /// <exception cref="IOException">The disk is full: nothing is known.</exception>
    /// <exception cref="SpoolDamagedException">The folder is none, or <c>started</c> in it no file: no supervisor can begin there, and nobody can tell whether one did.</exception>
    public static bool Fence(string spool, Guid job, int attempt)
    {
        var target = Of(spool, job, attempt);
        var draft = System.IO.Path.Combine(spool, SpoolDraft.NewName());
        Directory.CreateDirectory(draft);
        File.WriteAllBytes(System.IO.Path.Combine(draft, "started"), []);
        try
        {
            // No folder yet: this one takes its place, so that a worker that was only asleep cannot put its own there.
            if (Posix.TryRenameNew(draft, target.Path))
            {
                return true;
            }

            return Posix.TryRenameNew(System.IO.Path.Combine(draft, "started"), target.In("started")) || target.Start switch
            {
                SpoolStart.Fenced => true,
                SpoolStart.Begun => false,
                _ => throw new SpoolDamagedException(target.In("started")),
            };
        }
        catch (System.ComponentModel.Win32Exception e) when (e.NativeErrorCode == Posix.NotAFolder)
        {
            throw new SpoolDamagedException(target.Path);
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }

    /// <summary>The exit code in the exit record, or null while there is none.</summary>
    public int? ReadExit() =>
        ReadText("exit") is { } text && int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null;

    /// <summary>Who supervises the run; null while the supervisor has not said.</summary>
    public ProcessIdentity? ReadSupervisor()
    {
        var lines = ReadText("started")?.Split('\n');
        return lines is [{ Length: > 0 } boot, { Length: > 0 } line, ..] && ProcessStat.Parse(Encoding.UTF8.GetBytes(line)) is { } stat
            ? new ProcessIdentity(stat.Pid, stat.StartTime, boot)
            : null;
    }

    public AttemptRecord? ReadRecord()
    {
        try
        {
            var text = ReadText(System.IO.Path.GetFileName(Record));
            return text is null ? null : JsonSerializer.Deserialize(text, SpoolJson.Default.AttemptRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What <see cref="Record"/> holds for a record.</summary>
    public static byte[] Write(AttemptRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, SpoolJson.Default.AttemptRecord);

    /// <summary>Takes away all but the fence of an attempt that never began: secrets need not lie there, but the name must stay taken.</summary>
    public void Strip()
    {
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos().Where(entry => entry.Name != "started"))
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }

    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private string? ReadText(string name)
    {
        // Most looks find nothing yet, and an exception costs more than the look.
        if (!File.Exists(In(name)))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(In(name));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static int AttemptOf(string folder) =>
        int.TryParse(System.IO.Path.GetExtension(folder).TrimStart('.'), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
}

/// <summary>Whether anything of an attempt began.</summary>
internal enum SpoolStart
{
    /// <summary>Not yet, and it still may.</summary>
    Open,

    /// <summary>The supervisor began.</summary>
    Begun,

    /// <summary>It never will.</summary>
    Fenced,
}

/// <summary>What must be known to adopt or to end a run that somebody else started. Names are frozen: an older manager may have written it.</summary>
/// <param name="Marker">Value of <c>OSISM_ATTEMPT</c> in every process of the run.</param>
/// <param name="SshControlFolder">Folder of its SSH control sockets.</param>
/// <param name="Cgroup">Its cgroup, null where there is none.</param>
/// <param name="WorkerPid">Who started it.</param>
/// <param name="WorkerPidStart">Start time of that process.</param>
/// <param name="BootId">Boot during which it was started.</param>
/// <param name="Mask">The strings to mask, a sealed <see cref="MaskList"/>.</param>
internal sealed record AttemptRecord(
    string Marker, string? SshControlFolder, string? Cgroup, int WorkerPid, long WorkerPidStart, string BootId, byte[] Mask)
{
    /// <summary>Program and arguments that take the attempt's container away; null when it has none.</summary>
    public IReadOnlyList<string>? Removal { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AttemptRecord))]
internal sealed partial class SpoolJson : JsonSerializerContext;

/// <summary>Something else lies where a folder or a file of the spool must be.</summary>
internal sealed class SpoolDamagedException(string path) : Exception($"{path} is something else than it must be");
