"""Lets a task give a dead host up once, instead of waiting for it again with each item of a loop, or after looking for Python."""

import functools

import ansible.plugins.action
from ansible.errors import AnsibleConnectionFailure
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: osism_patience
type: aggregate
short_description: Waits for a host that does not answer once a task
description:
  - Ansible marks a host unreachable when a task has ended; a task with a loop tries each item with all retries of the connection. With
    a host that died, twenty items take a quarter of an hour, and the host is unreachable in the end all the same.
  - With this plugin the items after the first unreachable one are not tried, and say so.
  - The search for Python on a host takes a lost connection for an unknown platform and guesses, and the module then waits for the host
    once more. With this plugin the host is unreachable at once.
  - Where C(ignore_unreachable) or C(delegate_to) are set the items of a loop are tried as ever. The first wants the next item to be tried, with the second it may be
    another host.
options: {}
requirements: []
"""

# In the process that forks those in which tasks run, and therefore in these as well.
MARK = "_osism_lost"


def once(execute):
    """TaskExecutor._execute runs one item; an executor lives for one task on one host."""

    @functools.wraps(execute)
    def wrapper(self, *args, **kwargs):
        task = self._task
        careful = not (getattr(task, "ignore_unreachable", None) or getattr(task, "delegate_to", None))
        if careful and getattr(self, MARK, False):
            return {"unreachable": True, "changed": False, "msg": "Not tried: the host did not answer for an item before this one."}
        result = execute(self, *args, **kwargs)
        if careful and isinstance(result, dict) and result.get("unreachable"):
            setattr(self, MARK, True)
        return result

    return wrapper


def listening(discover):
    """Interpreter discovery runs two commands on the host; AnsibleConnectionFailure of the second is swallowed with everything else."""

    @functools.wraps(discover)
    def wrapper(action, *args, **kwargs):
        execute = action._low_level_execute_command
        lost = []

        def watched(*words, **options):
            try:
                return execute(*words, **options)
            except AnsibleConnectionFailure as failure:
                lost.append(failure)
                raise

        action._low_level_execute_command = watched
        try:
            found = discover(action, *args, **kwargs)
        finally:
            del action._low_level_execute_command
        if lost:
            raise lost[0]
        return found

    return wrapper


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "osism_patience"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Not where the file is read: Ansible reads it also when it is not enabled.
        if not hasattr(TaskExecutor._execute, "__wrapped__"):
            TaskExecutor._execute = once(TaskExecutor._execute)
        if not hasattr(ansible.plugins.action.discover_interpreter, "__wrapped__"):
            ansible.plugins.action.discover_interpreter = listening(ansible.plugins.action.discover_interpreter)
