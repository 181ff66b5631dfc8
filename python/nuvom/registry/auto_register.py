"""`auto_register` under the name that 0.11 also had for it."""

from nuvom.discovery.auto_register import auto_register as auto_register
