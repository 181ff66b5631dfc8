"""Plugins: backends, hooks and monitoring that are not Nuvom's own. docs/guides/plugins.md shows how to write one."""
