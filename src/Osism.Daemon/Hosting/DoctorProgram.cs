using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Lifecycle;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Lifecycle.Doctors;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Hosting;

/// <summary><c>osism doctor</c>: what is wrong with the manager of this machine, and what to do about it.</summary>
internal static class DoctorProgram
{
    /// <summary>First word on the command line.</summary>
    public const string Name = "doctor";

    /// <returns>0 when all is well or doubtful only, 1 when something does not work.</returns>
    public static async Task<int> RunAsync(string[] words, StopSignals signals)
    {
        var given = ProgramWords.Parse("osism doctor", words, ["--format"], []);
        var settings = DaemonSettings.Read(roles: null);
        await using var app = DaemonApplication.Build(settings, NullLoggerProvider.Instance);
        var found = new List<Diagnosis>();
        try
        {
            SettingsCheck.Validate(app.Services);
            found.Add(Diagnosis.Fine("settings"));
            found.AddRange(await LookAsync(app.Services, settings.Home, signals.Starting));
        }
        catch (OptionsValidationException e)
        {
            found.AddRange(e.Failures.Select(failure => Diagnosis.Fault("settings", failure, "correct it; until then osismd does not start")));
        }

        if (given["--format"] == "json")
        {
            WriteJson(found);
        }
        else
        {
            foreach (var diagnosis in found)
            {
                Console.Out.WriteLine($"{Word(diagnosis.State),-8} {diagnosis.Name}{(diagnosis.Detail is { } detail ? $": {detail}" : "")}");
                if (diagnosis.Remedy is { } remedy)
                {
                    Console.Out.WriteLine($"         -> {remedy}");
                }
            }
        }

        return found.Exists(diagnosis => diagnosis.State == DiagnosisState.Problem) ? ExitCode.Failed : ExitCode.Success;
    }

    private static async Task<IReadOnlyList<Diagnosis>> LookAsync(IServiceProvider services, OsismHome home, CancellationToken cancellationToken)
    {
        var backups = BackupPlaces.Of(null, services.GetRequiredService<IOptions<BackupOptions>>().Value, home);
        var found = await LocalDoctor.LookAsync(
            home, services.GetRequiredService<RunUser>(), services.GetRequiredService<IOptions<DatabaseOptions>>().Value,
            services.GetRequiredService<ConfigurationRepository>(), backups, TimeProvider.System, cancellationToken);
        if (RunningManager.Find(home) is null)
        {
            return found;
        }

        using var manager = new RemoteDoctor(home);
        return [.. found, .. await manager.AskAsync(cancellationToken)];
    }

    private static void WriteJson(List<Diagnosis> found)
    {
        using var output = Console.OpenStandardOutput();
        using var json = new Utf8JsonWriter(output);
        json.WriteStartArray();
        foreach (var diagnosis in found)
        {
            json.WriteStartObject();
            json.WriteString("name", diagnosis.Name);
            json.WriteString("state", Word(diagnosis.State));
            json.WriteString("detail", diagnosis.Detail);
            json.WriteString("remedy", diagnosis.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        output.Write("\n"u8);
    }

    private static string Word(DiagnosisState state) => state switch { DiagnosisState.Ok => "ok", DiagnosisState.Warning => "warning", _ => "problem" };
}
