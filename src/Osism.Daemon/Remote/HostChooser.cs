using System.Globalization;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>Asks which one of several hosts is meant.</summary>
internal static class HostChooser
{
    /// <param name="input">Where the answer is typed; null when there is nobody.</param>
    /// <param name="talk">Where the question goes.</param>
    /// <returns>Null: none, somebody left.</returns>
    /// <exception cref="OsismException"><c>request.invalid</c>: there is nobody to ask; it names the hosts.</exception>
    public static RemoteHost? Choose(IReadOnlyList<RemoteHost> hosts, string pattern, TextReader? input, TextWriter talk)
    {
        if (hosts.Count == 1)
            return hosts[0];
        if (input is null)
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{pattern}' means {hosts.Count} hosts, and there is no terminal to ask which one: {string.Join(", ", hosts.Select(host => host.Name))}");
        var width = $"{hosts.Count}".Length;
        foreach (var (index, host) in hosts.Index())
            talk.WriteLine($"{(index + 1).ToString(CultureInfo.InvariantCulture).PadLeft(width)}) {host.Name}");
        while (true)
        {
            talk.Write($"Which host, 1 to {hosts.Count}, or q to leave: ");
            talk.Flush();
            switch (input.ReadLine()?.Trim())
            {
                case null or "q" or "quit" or "exit":
                    return null;
                case var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= hosts.Count:
                    return hosts[number - 1];
                case var text when hosts.FirstOrDefault(host => host.Name == text) is { } named:
                    return named;
            }
        }
    }
}
