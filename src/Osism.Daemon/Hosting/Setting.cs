using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Hosting;

/// <summary>One setting as operators write it, <c>section.key</c>, and the property it is bound to.</summary>
/// <param name="Name"><c>worker.overflow_after</c></param>
/// <param name="Property">Of the options class.</param>
internal sealed partial record Setting(string Name, PropertyInfo Property)
{
    private string Key => string.Join(':', Name.Split('.').Select(DaemonSettings.Flat));

    /// <summary>The settings of a section: what its class binds from one text each.</summary>
    public static IReadOnlyList<Setting> Of(string section, Type options) =>
    [
        .. options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property is { CanWrite: true } && (property.PropertyType.IsValueType || property.PropertyType == typeof(string)))
            .Select(property => new Setting($"{section}.{WordStart().Replace(property.Name, "_").ToLowerInvariant()}", property)),
    ];

    /// <summary>What is wrong with it, in one line; null when nothing is.</summary>
    public string? FindFault(DaemonSettings settings)
    {
        object? value;
        if (settings.Values.TryGetValue(Key, out var text))
        {
            if (!TryConvert(text!, out value))
            {
                return $"{Describe(settings)}: it must be {Form()}";
            }
        }
        else
        {
            value = Property.GetValue(Activator.CreateInstance(Property.DeclaringType!));
        }

        return Property.GetCustomAttributes<ValidationAttribute>().FirstOrDefault(attribute => !attribute.IsValid(value)) is { } broken
            ? $"{Describe(settings)}: it must {Demand(broken)}"
            : null;
    }

    /// <summary>Name, value and where it came from.</summary>
    public string Describe(DaemonSettings settings) =>
        settings.Values.TryGetValue(Key, out var text)
            ? $"{Name} is {(IsSecret ? "not shown" : $"'{text}'")} ({settings.Sources.GetValueOrDefault(Key, "given")})"
            : $"{Name} is '{Property.GetValue(Activator.CreateInstance(Property.DeclaringType!))}' (its default)";

    /// <summary>It may hold a password.</summary>
    private bool IsSecret => Property.Name is nameof(DatabaseOptions.ConnectionString) or nameof(Facts.Cache.RedisOptions.Password);

    private bool TryConvert(string text, out object? value)
    {
        try
        {
            // As the binder does it.
            value = TypeDescriptor.GetConverter(Property.PropertyType).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            value = null;
            return false;
        }
    }

    private string Form() => (Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType) switch
    {
        var type when type == typeof(int) || type == typeof(long) => "a whole number",
        var type when type == typeof(TimeSpan) => "a duration such as 00:00:10",
        var type when type == typeof(bool) => "true or false",
        var type when type.IsEnum => string.Join(" or ", Enum.GetNames(type).Select(name => name.ToLowerInvariant())),
        var type => $"a {type.Name.ToLowerInvariant()}",
    };

    private string Demand(ValidationAttribute attribute) => attribute switch
    {
        RangeAttribute range => $"be {Text(range.Minimum)} to {Text(range.Maximum)}",
        RequiredAttribute => "not be empty",
        { ErrorMessage: { } message } => message.StartsWith($"{Name} must ", StringComparison.Ordinal) ? message[(Name.Length + " must ".Length)..] : $"be good: {message}",
        RegularExpressionAttribute pattern => $"be of the form {pattern.Pattern}",
        _ => $"be good: {attribute.FormatErrorMessage(Name)}",
    };

    private static string Text(object limit) => Convert.ToString(limit, CultureInfo.InvariantCulture)!;

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();
}
