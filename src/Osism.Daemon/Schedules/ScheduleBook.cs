using Microsoft.Extensions.Options;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Schedules;

/// <summary>The definitions in force: the built-in ones and those of the file, which is read again when it changes.</summary>
/// <remarks>A file that is not sound changes nothing: the definitions of the last sound one stay, over a restart too.</remarks>
internal sealed class ScheduleBook(
    ConfigurationRepository repository, ScheduleTargets targets, ScheduleStore store, IOptions<ScheduleOptions> options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly string _path = Path.Combine(repository.Root, ScheduleFile.RelativePath);
    private FileStamp? _stamp;
    private bool _settled;
    private ScheduleSet? _set;

    /// <summary>The definitions of now. Looks at one stamp of a file unless that changed.</summary>
    public async Task<ScheduleSet> CurrentAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return _set = await LookAsync(cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<ScheduleSet> LookAsync(CancellationToken cancellationToken)
    {
        var readAt = time.GetUtcNow();
        try
        {
            var stamp = FileStamp.Of(_path);
            if (_set is not null && _settled && stamp == _stamp)
            {
                return _set;
            }

            string? text = null;
            if (stamp is not null)
            {
                text = await File.ReadAllTextAsync(_path, cancellationToken);
            }
            else if (!Directory.Exists(repository.Environments))
            {
                // Not a repository that has no schedules, but none: a checkout in the making, a disk that is not mounted.
                return await KeepAsync([new ScheduleProblem(ScheduleFile.RelativePath, null, $"{repository.Root} has no folder environments/")], cancellationToken);
            }

            // Kept only when no write can have slipped in between the stamp and the content.
            (_stamp, _settled) = (stamp, stamp?.IsSettled(readAt) ?? true);
            if (text is null)
            {
                return Set([], null);
            }

            var (definitions, problems) = ScheduleFile.Read(text, targets.Refuse);
            return problems.Count == 0 ? Set(definitions, text) : await KeepAsync(problems, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _settled = false;
            return await KeepAsync([new ScheduleProblem(ScheduleFile.RelativePath, null, $"cannot be read: {e.Message}")], cancellationToken);
        }
    }

    private async Task<ScheduleSet> KeepAsync(IReadOnlyList<ScheduleProblem> problems, CancellationToken cancellationToken)
    {
        if (_set is not null)
        {
            return _set with { Problems = problems };
        }

        // The first look of this process. What was sound once is not asked again whether its roles exist: that shows when it is due.
        var last = await store.FindFileAsync(cancellationToken);
        return last is null
            ? Set([], null) with { Problems = problems }
            : Set(ScheduleFile.Read(last, _ => null).Definitions, last) with { Problems = problems };
    }

    private ScheduleSet Set(IReadOnlyList<ScheduleDefinition> definitions, string? text)
    {
        var all = BuiltInSchedules.Of(options.Value).Where(own => definitions.All(definition => definition.Name != own.Name)).Concat(definitions);
        return new ScheduleSet([.. all.OrderBy(definition => definition.Name, StringComparer.Ordinal)], [], text);
    }
}
