using Osism.Testing;

namespace Osism.Tests.Ara;

/// <summary>A playbook in which hosts, tasks and results are in every state there is.</summary>
internal static class AraSite
{
    private const string Site = """
        - name: First play
          hosts: all
          gather_facts: true
          vars:
            ara_playbook_name: fixture
            ara_playbook_labels: [nightly, "env:kolla"]
          handlers:
            - name: told
              debug: {msg: told}
          tasks:
            - name: fine
              debug: {msg: "hello <b>&amp;</b> ' \" \\ é"}
              tags: [alpha, beta]
            - name: changes
              command: echo hello
              notify: told
            - name: skips
              debug: {msg: never}
              when: false
            - name: loops
              debug: {msg: "{{ item }}"}
              loop: [one, two, three]
            - name: ignored
              fail: {msg: never mind}
              ignore_errors: true
            - name: block
              block:
                - name: breaks
                  fail: {msg: broken}
              rescue:
                - name: repairs
                  debug: {msg: repaired}
            - name: delegates
              debug: {msg: elsewhere}
              delegate_to: localhost
            - name: delegates in a loop
              debug: {msg: "{{ item }}"}
              delegate_to: "{{ item }}"
              loop: [h1, h2]
              when: inventory_hostname == 'h1'
            - name: hides
              command: echo topsecret
              no_log: true
            - name: writes
              copy: {content: "text\n", dest: "{{ playbook_dir }}/written-{{ inventory_hostname }}"}
              diff: true
            - name: keeps
              ara_record: {key: kept, value: {a: [1, null], b: text}, type: json}
              run_once: true
            - include_role: {name: included}
            - import_role: {name: imported}
            - name: retries
              command: "false"
              register: tried
              until: tried.rc == 0
              retries: 1
              delay: 0
              ignore_errors: true
              when: inventory_hostname == 'h2'
            - name: fails on one
              fail: {msg: oh}
              when: inventory_hostname == 'h3'
        - name: One after the other
          hosts: h1,h2
          serial: 1
          gather_facts: false
          tasks:
            - name: serially
              debug: {msg: "{{ inventory_hostname }}"}
        - name: Freely
          hosts: h1,h2
          strategy: free
          gather_facts: false
          tasks:
            - name: freely
              debug: {msg: "{{ inventory_hostname }}"}
            - name: and on
              debug: {msg: on}
        - name: Out of reach
          hosts: gone
          gather_facts: false
          tasks:
            - name: cannot
              ping:
        - import_playbook: other.yml
        """;

    /// <summary>Writes <c>site.yml</c> with what it includes, and the inventory <c>hosts</c>.</summary>
    public static async Task WriteAsync(TempFolder folder, CancellationToken cancellationToken)
    {
        foreach (var (path, text) in new[]
        {
            ("site.yml", Site),
            ("other.yml", "- name: Imported play\n  hosts: h1\n  gather_facts: false\n  tasks:\n    - name: imported\n      debug: {msg: in another file}\n"),
            ("roles/included/tasks/main.yml", "- name: in a role\n  debug: {msg: included}\n"),
            ("roles/imported/tasks/main.yml", "- name: in another role\n  debug: {msg: imported}\n"),
            ("hosts", "h1 ansible_connection=local\nh2 ansible_connection=local\nh3 ansible_connection=local\ngone ansible_host=127.0.0.1 ansible_port=1 ansible_connection=ssh\n"),
        })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
            await File.WriteAllTextAsync(folder[path], text, cancellationToken);
        }
    }
}
