using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Osism.Daemon.Hosting;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Remote;

/// <summary>The home of a manager that does not run, with a published inventory and a configuration repository.</summary>
internal sealed class RemoteFolder : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    public RemoteFolder(params (string Name, string Value)[] variables)
    {
        Directory.CreateDirectory(_folder["configuration/environments"]);
        Directory.CreateDirectory(_folder["home/secrets"]);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_HOME"] = Home,
            ["OSISM_CONFIGURATION"] = _folder["configuration"],
            ["OSISM_RUN__USER"] = UnixUser.Current.Name,
        };
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        _app = DaemonApplication.Build(DaemonSettings.Of(null, environment, _folder["none"]), NullLoggerProvider.Instance);
    }

    public string Home => _folder["home"];

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Writes a file of the repository.</summary>
    public void Write(string name, string text) => Put(Path.Combine(_folder["configuration"], name), text);

    /// <summary>Writes a file of the revision that is in effect.</summary>
    public void Publish(string name, string text)
    {
        Put(Path.Combine(Home, "inventory/revisions/1", name), text);
        var current = Path.Combine(Home, "inventory/current");
        if (!Path.Exists(current))
        {
            File.CreateSymbolicLink(current, "revisions/1");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private static void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
