"""The callback plugin of the manager with a clock around each of its hooks; the sum goes to the file OSISM_TIMED names."""

import importlib.util
import json
import os
import time

DOCUMENTATION = r"""
name: osism_timed
type: aggregate
short_description: Measures osism_events
description: CPU time of the thread in which a hook is called, its end included.
options: {}
"""

spec = importlib.util.spec_from_file_location("osism_events_measured", os.environ["OSISM_TIMED_PLUGIN"])
measured = importlib.util.module_from_spec(spec)
spec.loader.exec_module(measured)


def timed(hook):
    def wrapper(self, *args, **kwargs):
        begun = time.thread_time()
        hook(self, *args, **kwargs)
        self.spent += time.thread_time() - begun
        self.calls += 1

    return wrapper


class CallbackModule(measured.CallbackModule):
    CALLBACK_NAME = "osism_timed"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.spent, self.calls = 0.0, 0

    def v2_playbook_on_stats(self, stats):
        timed(super().v2_playbook_on_stats.__func__)(self, stats)
        with open(os.environ["OSISM_TIMED"], "w", encoding="utf-8") as file:
            json.dump({"seconds": self.spent, "calls": self.calls}, file)


for name, hook in vars(measured.CallbackModule).items():
    if name.startswith("v2_") and name != "v2_playbook_on_stats":
        setattr(CallbackModule, name, timed(hook))
