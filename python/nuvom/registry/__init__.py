"""The tasks of this process, by name."""

from nuvom.registry.registry import TaskRegistry as TaskRegistry
from nuvom.registry.registry import get_task_registry as get_task_registry
