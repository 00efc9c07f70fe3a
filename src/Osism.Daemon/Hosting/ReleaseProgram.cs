using System.Text.Json;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Setup;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd release show|set VERSION</c>: the release that a configuration repository is set to, without a manager.</summary>
internal static class ReleaseProgram
{
    /// <summary>First word on the command line.</summary>
    public const string Name = "release";

    /// <exception cref="OsismException">Whatever stands in the way.</exception>
    public static async Task<int> RunAsync(string[] words)
    {
        var given = ProgramWords.Parse("osism release", words, ["--configuration-path", "--format"], [], most: 2);
        var path = given["--configuration-path"] ?? DaemonSettings.Read(roles: null).Values.GetValueOrDefault("configuration:path") ?? ConfigurationRepository.ProductionPath;
        var setting = new ReleaseSetting(new ConfigurationRepository(Options.Create(new ConfigurationOptions { Path = Path.GetFullPath(path) })));
        switch (given.Others)
        {
            case ["show"]:
                Show(setting.Show(), given["--format"] ?? "table");
                return ExitCode.Success;
            case ["set", var version]:
                var (changed, warnings) = await setting.SetAsync(version, StopSignals.Take().Starting);
                foreach (var file in changed)
                    Console.Out.WriteLine(file);
                foreach (var warning in warnings)
                    ManagerProgram.Say($"warning: {warning}");
                ManagerProgram.Say(changed.Count == 0 ? $"the repository is set to {version} already" : $"set to {version}: look at 'git diff' and commit it");
                return ExitCode.Success;
            default:
                throw new OsismException(ErrorCodes.RequestInvalid, "'osism release' wants show, or set and a version");
        }
    }

    private static void Show(IReadOnlyList<SetVersion> versions, string format)
    {
        switch (format)
        {
            case "table":
                var (name, version) = (versions.Max(one => one.Name.Length), versions.Max(one => one.Version.Length));
                foreach (var one in versions)
                    Console.Out.WriteLine($"{one.Name.PadRight(name)}  {one.Version.PadRight(version)}  {one.Source}");
                break;
            case "json":
                using (var output = Console.OpenStandardOutput())
                {
                    using var json = new Utf8JsonWriter(output);
                    json.WriteStartArray();
                    foreach (var one in versions)
                    {
                        json.WriteStartObject();
                        json.WriteString("name", one.Name);
                        json.WriteString("version", one.Version);
                        json.WriteString("source", one.Source);
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.Flush();
                    output.Write("\n"u8);
                }

                break;
            default:
                throw new OsismException(ErrorCodes.RequestInvalid, $"there is no format '{format}': table or json");
        }
    }
}
