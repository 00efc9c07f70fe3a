"""Lets a loop give a dead host up after the first item, instead of waiting for it again with each."""

import functools

from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: osism_patience
type: aggregate
short_description: Tries no further item of a loop on a host that did not answer
description:
  - Ansible marks a host unreachable when a task has ended; a task with a loop tries each item with all retries of the connection. With
    a host that died, twenty items take a quarter of an hour, and the host is unreachable in the end all the same.
  - With this plugin the items after the first unreachable one are not tried, and say so.
  - Where C(ignore_unreachable) or C(delegate_to) are set nothing is changed. The first wants the next item to be tried, with the second it may be
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
