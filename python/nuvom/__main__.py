"""The command line: `nuvom`, or `python -m nuvom`."""

import sys


def main() -> int:
    """Runs the command that the program was called with; answers its exit code."""
    from nuvom._nuvom import run_command_line

    code = run_command_line(sys.argv)
    # Whoever ran tasks may have left threads that nothing can end.
    worker = sys.modules.get("nuvom.worker")
    return code if worker is None else int(worker.end(code))


if __name__ == "__main__":
    sys.exit(main())
