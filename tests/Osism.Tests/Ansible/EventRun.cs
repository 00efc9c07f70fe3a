using System.Text.Json;
using Osism.Testing;

namespace Osism.Tests.Ansible;

/// <summary>One real run with every state a host can have, shared by the tests that only look at it.</summary>
public sealed class EventRun : IAsyncLifetime
{
    public const string Hosts = "one,two,three,";

    public const string Play = """
        - name: "Räume & more"
          hosts: all
          gather_facts: false
          tasks:
            - name: Ok
              ansible.builtin.debug: {msg: fine}
            - name: Changed
              ansible.builtin.command: "true"
              when: inventory_hostname != 'three'
            - name: Ignored
              ansible.builtin.fail: {msg: never mind}
              ignore_errors: true
              when: inventory_hostname == 'one'
            - name: Hidden
              ansible.builtin.command: echo topsecret
              no_log: true
              when: inventory_hostname == 'one'
            - name: Rescued
              when: inventory_hostname == 'one'
              block:
                - name: Broken
                  ansible.builtin.fail: {msg: broken}
              rescue:
                - name: Repaired
                  ansible.builtin.debug: {msg: repaired}
            - name: Fails
              ansible.builtin.fail: {msg: oh}
              when: inventory_hostname == 'two'
        """;

    /// <summary>Other programs share the machine.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly TempFolder _folder = new();

    public CommandResult Result { get; private set; } = null!;

    public IReadOnlyList<JsonElement> Events { get; private set; } = [];

    /// <param name="folder">Where the play is written and run.</param>
    /// <param name="play">YAML.</param>
    /// <param name="hosts">An inventory in one line.</param>
    /// <param name="arguments">Further ones.</param>
    /// <param name="events">Value of <c>OSISM_EVENTS</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<CommandResult> RunAsync(
        TempFolder folder, string play, string hosts, string[] arguments, string? events, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(folder["play.yml"], play, cancellationToken);
        return await Playbook(folder.Path, events, ["-i", hosts, "-c", "local", .. arguments, folder["play.yml"]]).RunAsync(cancellationToken);
    }

    /// <summary>Ansible with the plugin.</summary>
    public static Command Playbook(string folder, string? events, string[] arguments) => new("ansible-playbook")
    {
        Arguments = arguments,
        Folder = folder,
        Timeout = Longest,
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OSISM_EVENTS"] = events,
            ["ANSIBLE_CALLBACK_PLUGINS"] = Checkout.PathOf("ansible", "callback_plugins"),
            ["ANSIBLE_CALLBACKS_ENABLED"] = "osism_events",
            ["ANSIBLE_NOCOLOR"] = "1",
            ["ANSIBLE_PYTHON_INTERPRETER"] = "auto_silent",
            ["ANSIBLE_PIPELINING"] = "1",
            ["ANSIBLE_SSH_RETRIES"] = "0",
            ["PYTHONDONTWRITEBYTECODE"] = "1",
            ["LC_ALL"] = "C.UTF-8",
        },
    };

    public static async Task<List<JsonElement>> ReadAsync(string file, CancellationToken cancellationToken) =>
        [.. (await File.ReadAllLinesAsync(file, cancellationToken)).Select(line => JsonElement.Parse(line, new JsonDocumentOptions { MaxDepth = 4096 }))];

    public async ValueTask InitializeAsync()
    {
        Result = await RunAsync(_folder, Play, Hosts, [], _folder["events"], TestContext.Current.CancellationToken);
        Events = await ReadAsync(_folder["events"], TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
