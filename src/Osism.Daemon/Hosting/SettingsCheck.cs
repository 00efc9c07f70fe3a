using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Facts;
using Osism.Daemon.Facts.Cache;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Retention;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Notifications;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Recording.History;
using Osism.Daemon.Remote;
using Osism.Daemon.Runtimes;
using Osism.Daemon.Schedules;
using Osism.Daemon.Services;
using Osism.Daemon.Setup;

namespace Osism.Daemon.Hosting;

/// <summary>Makes all options once at the start, so that every bad setting is named together with the others: nobody should have to start ten times.</summary>
internal static partial class SettingsCheck
{
    /// <summary>The host's own check would end at the first text that cannot be converted.</summary>
    private static readonly (string Section, Func<IServiceProvider, object> Make)[] All =
    [
        (ApiOptions.Section, Value<ApiOptions>),
        (BackupOptions.Section, Value<BackupOptions>),
        (ConfigurationOptions.Section, Value<ConfigurationOptions>),
        (ConsoleOptions.Section, Value<ConsoleOptions>),
        (DatabaseOptions.Section, Value<DatabaseOptions>),
        (FactsOptions.Section, Value<FactsOptions>),
        (HistoryOptions.Section, Value<HistoryOptions>),
        (InterfaceOptions.Section, Value<InterfaceOptions>),
        (InventoryOptions.Section, Value<InventoryOptions>),
        (LimitOptions.Section, Value<LimitOptions>),
        (NotificationOptions.Section, Value<NotificationOptions>),
        (RedisOptions.Section, Value<RedisOptions>),
        (RetentionOptions.Section, Value<RetentionOptions>),
        (RunOptions.Section, Value<RunOptions>),
        (RuntimesOptions.Section, Value<RuntimesOptions>),
        (ScheduleOptions.Section, Value<ScheduleOptions>),
        (ServicesOptions.Section, Value<ServicesOptions>),
        (SpoolOptions.Section, Value<SpoolOptions>),
        (SshOptions.Section, Value<SshOptions>),
        (VersionsOptions.Section, Value<VersionsOptions>),
        (WorkerOptions.Section, Value<WorkerOptions>),
    ];

    /// <summary>Sections that are looked at, with the class of each.</summary>
    public static IReadOnlyList<(string Section, Type Options)> Sections => [.. All.Select(section => (section.Section, section.Make.Method.GetGenericArguments()[0]))];

    /// <exception cref="OptionsValidationException">Holds one failure for each bad setting.</exception>
    public static void Validate(IServiceProvider services)
    {
        var settings = services.GetRequiredService<DaemonSettings>();
        var failures = new List<string>();
        foreach (var ((section, options), (_, make)) in Sections.Zip(All))
        {
            var known = Setting.Of(section, options);
            var bad = known.Select(setting => (setting.Name, Fault: setting.FindFault(settings))).Where(found => found.Fault is not null).ToList();
            failures.AddRange(bad.Select(found => found.Fault!));
            try
            {
                make(services);
            }
            catch (OptionsValidationException e)
            {
                // What a class says beyond the attributes of its settings.
                failures.AddRange(e.Failures
                    .Select(failure => (Setting: known.FirstOrDefault(setting => failure.StartsWith($"{setting.Property.Name}: ", StringComparison.Ordinal)), Text: failure))
                    .Where(failure => failure.Setting is { } setting
                        ? bad.TrueForAll(found => found.Name != setting.Name)
                        : !known.Any(setting => bad.Exists(found => found.Name == setting.Name) && failure.Text.Contains($"field {setting.Property.Name} ", StringComparison.Ordinal)))
                    .Select(failure => failure.Setting is { } setting
                        ? $"{setting.Describe(settings)}: {Shorten(failure.Text[(setting.Property.Name.Length + 2)..], setting.Name)}"
                        : Locate(failure.Text, settings)));
            }
            catch (InvalidOperationException e) when (bad.Count == 0)
            {
                // The binder's, for a text that is no such value: it ends at the first, they were all found above.
                failures.Add($"{section}: {e.Message}");
            }
            catch (InvalidOperationException)
            {
                // Named above.
            }
        }

        if (failures.Count > 0)
        {
            throw new OptionsValidationException("settings", typeof(DaemonSettings), failures);
        }
    }

    private static object Value<T>(IServiceProvider services)
        where T : class => services.GetRequiredService<IOptions<T>>().Value;

    private static string Shorten(string text, string name) => text.StartsWith($"{name} must", StringComparison.Ordinal) ? $"it{text[name.Length..]}" : text;

    /// <summary>Adds where a setting that begins the text, such as <c>runtimes.NAME.path</c>, was given.</summary>
    private static string Locate(string text, DaemonSettings settings)
    {
        var name = FirstName().Match(text).Value;
        var key = string.Join(':', name.Split('.').Select(DaemonSettings.Flat));
        return settings.Sources.FirstOrDefault(given => given.Key == key || given.Key.StartsWith($"{key}:", StringComparison.Ordinal)).Value is { } source
            ? $"{name} ({source}){text[name.Length..]}"
            : text;
    }

    [GeneratedRegex("^[a-z0-9._-]+")]
    private static partial Regex FirstName();
}
