using Osism.Testing;

namespace Osism.Tests.Ara;

/// <summary>Debian's unmodified ARA 1.5.8 as a client: its callback in real runs, and its command line.</summary>
internal static class AraRun
{
    private const string Plugins = "/usr/lib/python3/dist-packages/ara/plugins";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A run of ansible-playbook that records to a server.</summary>
    public static Command Play(Uri server, string? password, int threads, string folder, params string[] arguments) => new("ansible-playbook")
    {
        Arguments = arguments,
        Folder = folder,
        Timeout = Patience,
        Environment = new Dictionary<string, string?>(Client(server, password), StringComparer.Ordinal)
        {
            ["ANSIBLE_CALLBACK_PLUGINS"] = $"{Plugins}/callback",
            ["ANSIBLE_ACTION_PLUGINS"] = $"{Plugins}/action",
            ["ANSIBLE_LOOKUP_PLUGINS"] = $"{Plugins}/lookup",
            ["ANSIBLE_LOCALHOST_WARNING"] = "false",
            ["ANSIBLE_INVENTORY_UNPARSED_WARNING"] = "false",
            ["ANSIBLE_DEPRECATION_WARNINGS"] = "false",
            ["ANSIBLE_FORKS"] = "10",
            ["ARA_CALLBACK_THREADS"] = threads.ToString(),
        },
    };

    /// <summary><c>ara ARGUMENTS</c>; what it logs is on stderr.</summary>
    public static Command CommandLine(Uri server, string? password, params string[] arguments) => new("ara")
    {
        Arguments = arguments,
        Timeout = Patience,
        Environment = Client(server, password),
    };

    private static Dictionary<string, string?> Client(Uri server, string? password) => new(StringComparer.Ordinal)
    {
        ["ARA_API_CLIENT"] = "http",
        ["ARA_API_SERVER"] = server.ToString(),
        ["ARA_API_USERNAME"] = password is null ? null : "ara",
        ["ARA_API_PASSWORD"] = password,
        // Several of these on few cores: the client's own limit is 30 s.
        ["ARA_API_TIMEOUT"] = "120",
        ["PYTHONWARNINGS"] = "ignore",
    };
}
