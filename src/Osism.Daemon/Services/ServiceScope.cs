using System.Globalization;

namespace Osism.Daemon.Services;

/// <summary>Where the names in the texts of one service, on one host or on none, get their values.</summary>
/// <param name="entry">The service, whose ports are meant.</param>
/// <param name="address">Address of the host; null where no host is meant.</param>
/// <param name="texts">What names stand for.</param>
/// <param name="findVariable">A variable of the pod; null when it has no plain value.</param>
internal sealed class ServiceScope(
    ServiceEntry entry, string? address, IReadOnlyDictionary<string, ServiceText> texts, Func<string, string?> findVariable)
{
    /// <summary>How deep texts may stand in texts. A circle ends there, without a value.</summary>
    public const int Deepest = 5;

    private int _depth;

    /// <summary>The value of a name; null when it has none. An empty one counts as none.</summary>
    public string? Find(string name)
    {
        if (name == ServiceText.Host)
        {
            return address;
        }

        if (ServiceText.IsPort(name))
        {
            return FindPort(ServiceText.PortOf(name))?.ToString(CultureInfo.InvariantCulture);
        }

        if (!texts.TryGetValue(name, out var text))
        {
            return findVariable(name) is { Length: > 0 } value ? value : null;
        }

        if (_depth >= Deepest)
        {
            return null;
        }

        _depth++;
        var resolved = text.Resolve(this, out _);
        _depth--;
        return resolved;
    }

    /// <summary>The number of a port as the pod has it.</summary>
    /// <param name="name">Empty for the first one.</param>
    public int? FindPort(string name) =>
        entry.Ports.FirstOrDefault(port => name.Length == 0 || port.Name == name) is { } found ? NumberOf(found) : null;

    public int NumberOf(ServicePort port) =>
        port.Variable is { } variable && int.TryParse(findVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536 ? number : port.Number;

    /// <summary>As Ansible's filter <c>bool</c> has it.</summary>
    public static bool IsTrue(string? value) => value?.ToLowerInvariant() is "true" or "yes" or "on" or "1" or "y" or "t";

    /// <summary>Null when it is neither.</summary>
    public static bool? Truth(string? value) =>
        IsTrue(value) ? true : value?.ToLowerInvariant() is "false" or "no" or "off" or "0" or "n" or "f" ? false : null;
}
