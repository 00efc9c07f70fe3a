"""Answers many questions about inventories with Ansible's own code in one process: starting ansible-inventory costs half a second each time.

Each line of stdin is {"args": [...], "cwd": ..., "settings": {CONSTANT: value}, "match": PATTERN or null, "limit": whether it is that of --limit}; each line of stdout {"rc", "out", "warnings"}.
"""
import json
import os
import sys

sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]

from ansible import constants
from ansible.cli.inventory import InventoryCLI
from ansible.errors import AnsibleError, AnsibleOptionsError, AnsibleParserError
from ansible.utils.context_objects import GlobalCLIArgs
from ansible.utils.display import Display

display = Display()


def answer(case):
    shown, warned = [], []
    display.display = lambda text, *args, **named: (warned if named.get('stderr') else shown).append(text)
    display.warning = lambda text, *args, **named: warned.append(text)
    for name, module in list(sys.modules.items()):
        if name.endswith('host_group_vars'):
            getattr(module, 'FOUND', {}).clear()
    for name, value in case.get('settings', {}).items():
        setattr(constants, name, value)
    os.chdir(case['cwd'])
    GlobalCLIArgs._Singleton__instance = None
    error = None
    try:
        if case.get('match') is not None:
            program = InventoryCLI(['ansible-inventory', '--list'] + case['args'])
            program.parse()
            inventory = program._play_prereqs()[1]
            if case['limit']:
                inventory.subset(case['match'])
            shown.extend(host.name for host in inventory.get_hosts('all' if case['limit'] else case['match']))
        else:
            InventoryCLI(['ansible-inventory'] + case['args']).run()
        rc = 0
    except SystemExit as e:
        rc = e.code or 0
    except AnsibleOptionsError as e:
        rc, error = 5, e
    except AnsibleParserError as e:
        rc, error = 4, e
    except AnsibleError as e:
        rc, error = 1, e
    except Exception as e:
        rc, error = 250, e
    out = '\n'.join(shown)
    if out and not out.endswith('\n'):
        out += '\n'
    if rc:
        out = ''
        warned.append(repr(error)[:600])
    try:
        out = out.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
    except UnicodeEncodeError:
        # As Display does with what is not even an escaped byte.
        out = out.encode('utf-8', 'replace').decode('utf-8')
    return {'rc': rc, 'out': out, 'warnings': [str(text).encode('utf-8', 'replace').decode('utf-8') for text in warned]}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except BaseException as e:
        result = {'rc': 251, 'out': '', 'warnings': [repr(e)]}
    sys.__stdout__.write(json.dumps(result) + '\n')
    sys.__stdout__.flush()
