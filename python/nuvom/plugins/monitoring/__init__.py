"""Monitoring plugins that Nuvom brings. Each is loaded only when it is named."""
