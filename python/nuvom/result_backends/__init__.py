"""Result backends: the contract for those of plugins is in `nuvom.result_backends.base`."""
