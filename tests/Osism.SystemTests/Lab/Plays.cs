using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Osism.SystemTests.Lab;

/// <summary>The plays of the tests, roles of the environment custom.</summary>
internal static partial class Plays
{
    /// <summary>Lines which <c>hold</c> and <c>traces</c> print before and after they wait.</summary>
    public const int Lines = 40;

    private const string Count = """
            - name: Count
              ansible.builtin.debug:
                msg: "line-{{ item }}-end"
              loop: "{{ range(1, 21) | list }}"
              loop_control:
                label: counting
        """;

    /// <summary>Each role with its playbook.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // On the manager alone: quick.
        ["hold"] = $$$"""
            ---
            - name: Wait for the test
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
            {{{Count}}}
                - name: Say that it began
                  ansible.builtin.shell: echo x >> {{ marks }}/{{ trace }}.trace && touch {{ marks }}/{{ trace }}.began
                - name: Wait
                  ansible.builtin.shell: until [ -e {{ marks }}/{{ trace }}.go ]; do sleep 0.05; done
            {{{Count.Replace("range(1, 21)", "range(21, 41)", StringComparison.Ordinal)}}}
            """,

        // On a node as well.
        ["traces"] = $$$"""
            ---
            - name: Leave traces
              hosts: node-0
              gather_facts: false
              tasks:
            {{{Count}}}
                - name: On the node
                  ansible.builtin.shell: echo {{ trace }} >> /tmp/traces
                - name: On the manager
                  ansible.builtin.shell: echo x >> {{ marks }}/{{ trace }}.trace && touch {{ marks }}/{{ trace }}.began
                  delegate_to: localhost
                - name: Wait
                  ansible.builtin.shell: until [ -e {{ marks }}/{{ trace }}.go ]; do sleep 0.05; done
                  delegate_to: localhost
            {{{Count.Replace("range(1, 21)", "range(21, 41)", StringComparison.Ordinal)}}}
            """,

        // Far more than what is left of a page once a disk is full.
        ["floods"] = """
            ---
            - name: Print much
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Say that it began
                  ansible.builtin.shell: touch {{ marks }}/{{ trace }}.began
                - name: Wait
                  ansible.builtin.shell: until [ -e {{ marks }}/{{ trace }}.go ]; do sleep 0.05; done
                - name: Count
                  ansible.builtin.debug:
                    msg: "line-{{ item }}-end {{ 'x' * 500 }}"
                  loop: "{{ range(1, 101) | list }}"
                  loop_control:
                    label: counting
            """,

        ["fails"] = """
            ---
            - name: Fail
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Leave a mark
                  ansible.builtin.shell: echo x >> {{ marks }}/{{ trace }}.trace
                - name: Say no
                  ansible.builtin.fail:
                    msg: not today
            """,

        // What ignores every polite request.
        ["stubborn"] = """
            ---
            - name: Ignore signals
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Stay
                  ansible.builtin.shell: |
                    trap '' INT TERM HUP
                    touch {{ marks }}/{{ trace }}.began
                    while :; do sleep 0.1; done
            """,

        // What leaves its session and the tree of its parents.
        ["runaway"] = """
            ---
            - name: Run away
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: In the background, by Ansible
                  ansible.builtin.command: sleep 1000
                  async: 2000
                  poll: 0
                - name: In a session of its own
                  ansible.builtin.shell: setsid -f sleep 1001 > /dev/null 2>&1 < /dev/null
                - name: Say that it began
                  ansible.builtin.shell: touch {{ marks }}/{{ trace }}.began
                - name: Wait
                  ansible.builtin.shell: until [ -e {{ marks }}/{{ trace }}.go ]; do sleep 0.05; done
            """,

        // Many connections to one node.
        ["items"] = """
            ---
            - name: Work on a node, item by item
              hosts: "{{ node | default('node-1') }}"
              gather_facts: false
              tasks:
                - name: Say that it begins
                  ansible.builtin.shell: touch {{ marks }}/{{ trace }}.began
                  delegate_to: localhost
                - name: Sleep over there
                  ansible.builtin.command: sleep {{ 300 if item == 2 else 0 }}
                  loop: "{{ range(1, 21) | list }}"
            """,

        // A command on a node, which goes on there when the play is ended here.
        ["remote"] = """
            ---
            - name: Work on a node
              hosts: "{{ node | default('node-1') }}"
              gather_facts: false
              tasks:
                - name: Say that it begins
                  ansible.builtin.shell: touch {{ marks }}/{{ trace }}.began
                  delegate_to: localhost
                - name: Sleep over there
                  ansible.builtin.command: sleep 300
            """,

        // Calls the manager from a task, over SSH, as the user of the runs.
        ["nested"] = """
            ---
            - name: Call the manager
              hosts: manager
              gather_facts: false
              tasks:
                - name: Apply another role and wait for it
                  ansible.builtin.command: osism apply hold -e trace={{ trace }} -e marks={{ marks }}
                  environment:
                    OSISM_HOME: "{{ manager_home }}"
            """,

        // Fails until its mark is there, and leaves it.
        ["second-time"] = """
            ---
            - name: Fail the first time
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Leave a trace
                  ansible.builtin.shell: echo x >> {{ marks }}/{{ trace }}.trace
                - name: Ask for the mark
                  ansible.builtin.shell: test -e {{ marks }}/{{ trace }}.again || { touch {{ marks }}/{{ trace }}.again; exit 1; }
            """,

        // What Ansible itself would never print: bytes that are no UTF-8, and a very long line. A lookup's stderr is the run's own.
        ["bytes"] = """
            ---
            - name: Print bytes
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Past Ansible
                  ansible.builtin.set_fact:
                    none: "{{ lookup('ansible.builtin.pipe', 'cat ' ~ marks ~ '/' ~ trace ~ '.bytes >&2') }}"
            """,

        // Tries what the user of the runs must not be able to do.
        ["peeks"] = """
            ---
            - name: Look around
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Who am I
                  ansible.builtin.command: id -un
                - name: Try
                  ansible.builtin.command: "{{ item }}"
                  register: tried
                  failed_when: tried.rc == 0 or tried.stderr is not search('Permission denied|Read-only file system')
                  loop:
                    - "cat {{ manager_home }}/token"
                    - "ls {{ manager_home }}/secrets"
                    - "ls {{ manager_home }}/spool"
                    - "ls {{ manager_home }}/postgres/data"
                    - "cat {{ manager_home }}/machine"
                    - "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"{{ manager_home }}/postgres/run/.s.PGSQL.5432\")'"
                    - "touch {{ configuration }}/environments/mine"
            """,
    };

    /// <summary>The numbers of the lines which a run counted, in the order in which they stand in its output.</summary>
    public static IEnumerable<int> Counted(byte[] output) =>
        CountedLine().Matches(Encoding.UTF8.GetString(output)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex("line-([0-9]+)-end")]
    private static partial Regex CountedLine();
}
