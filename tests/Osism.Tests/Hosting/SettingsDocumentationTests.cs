using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Osism.Daemon.Hosting;
using Osism.Daemon.Runtimes;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary><c>docs/handbook/settings.md</c> has every setting with its default.</summary>
public sealed partial class SettingsDocumentationTests
{
    /// <summary>Settings by names of the operator's: a class binds them from any name.</summary>
    private static readonly string[] Named = [.. typeof(RuntimeSettings).GetProperties().Where(property => property.Name != nameof(RuntimeSettings.EffectiveKind)).Select(property => $"runtimes.NAME.{JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)}")];

    /// <summary>Their defaults come from the machine.</summary>
    private static readonly string[] OfTheMachine = ["worker.name", "worker.slots"];

    [Fact]
    public async Task The_handbook_has_every_setting_with_its_default()
    {
        var page = await File.ReadAllTextAsync(Checkout.PathOf("docs", "handbook", "settings.md"), TestContext.Current.CancellationToken);
        var written = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in Row().Matches(page).Cast<Match>())
        {
            // Settings that belong together share a row; they have one default, or one each.
            var names = Name().Matches(row.Groups["names"].Value).Select(match => match.Groups[1].Value).ToList();
            var defaults = row.Groups["defaults"].Value.Split(", ");
            for (var i = 0; i < names.Count; i++)
            {
                written.Add(names[i], (defaults.Length == names.Count ? defaults[i] : row.Groups["defaults"].Value).Trim());
            }
        }

        var settings = SettingsCheck.Sections.SelectMany(section => Setting.Of(section.Section, section.Options)).ToList();
        Assert.Equal(settings.Select(setting => setting.Name).Concat(Named).Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
        Assert.All(
            settings.Where(setting => !OfTheMachine.Contains(setting.Name, StringComparer.Ordinal)),
            setting => Assert.Equal((setting.Name, Default(setting) ?? written[setting.Name]), (setting.Name, Read(setting, written[setting.Name]))));
    }

    /// <summary>Null where it is nothing, and the page says in words what that means.</summary>
    private static string? Default(Setting setting) => setting.Property.GetValue(Activator.CreateInstance(setting.Property.DeclaringType!)) switch
    {
        TimeSpan time => $"{time}",
        bool value => value ? "true" : "false",
        Enum value => value.ToString().ToLowerInvariant(),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    } is { Length: > 0 } text ? text : null;

    /// <summary>What the page says, in the same form.</summary>
    private static string Read(Setting setting, string text)
    {
        if (setting.Property.PropertyType != typeof(TimeSpan))
        {
            return Default(setting) is null ? text : text.Trim('`');
        }

        var words = text.Split(' ');
        var number = double.Parse(words[0], CultureInfo.InvariantCulture);
        return $"{(words.ElementAtOrDefault(1) switch
        {
            "s" => TimeSpan.FromSeconds(number),
            "min" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            _ => throw new FormatException($"{setting.Name}: '{text}' is no duration with a unit"),
        })}";
    }

    [GeneratedRegex(@"^\| (?<names>`[a-z]+\.[^|]*) \| (?<defaults>[^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
