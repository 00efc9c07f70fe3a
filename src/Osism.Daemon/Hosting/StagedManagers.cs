using Microsoft.Extensions.Logging.Abstractions;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Hosting;

/// <summary>What a restore and a reset work with: the services of this manager on other homes, and the word that nobody else does the same to this one.</summary>
internal sealed class StagedManagers : IAsyncDisposable
{
    private readonly DaemonSettings _settings;
    private readonly FileLock _only;
    private readonly List<WebApplication> _apps = [];

    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerBusy"/>: another restore or reset works on this home.</exception>
    public StagedManagers(DaemonSettings settings)
    {
        _settings = settings;
        _only = FileLock.TryTake(Path.Combine(settings.Home.Root, "stage.lock"))
            ?? throw new OsismException(ErrorCodes.ManagerBusy, $"another reset or restore of {settings.Home.Root} is under way");
    }

    public IServiceProvider On(OsismHome home)
    {
        _apps.Add(DaemonApplication.Build(_settings with { Home = home }, NullLoggerProvider.Instance));
        return _apps[^1].Services;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            await app.DisposeAsync();
        }

        _only.Dispose();
    }
}
