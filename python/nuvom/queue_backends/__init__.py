"""Queue backends: the contract for those of plugins is in `nuvom.queue_backends.base`."""
