"""The command line: `nuvom`, or `python -m nuvom`."""

import sys


def main() -> int:
    """Runs the command that the program was called with; answers its exit code."""
    from nuvom._nuvom import run_command_line

    return run_command_line(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
