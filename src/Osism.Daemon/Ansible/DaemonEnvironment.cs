namespace Osism.Daemon.Ansible;

/// <summary>The environment the manager was started with, from which runs inherit what is meant for Ansible.</summary>
internal sealed record DaemonEnvironment(IReadOnlyDictionary<string, string> Variables)
{
    public static DaemonEnvironment Read() => new(Environment.GetEnvironmentVariables()
        .Cast<System.Collections.DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal));
}
