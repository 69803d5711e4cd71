"""``export-onnx``: the detector of a system as an ONNX file."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write the detector of a system as an ONNX file, from waveform to scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("system", metavar="SYSTEM", help="a system of: jss list systems")
    parser.add_argument(
        "--selection", choices=("student", "teacher"), default="teacher", help="default: teacher"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the ONNX file (default: SYSTEM.onnx)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the file and its description. Returns 0.

    Raises:
        JssError: The system is missing, or its detector cannot stand alone.
    """
    from jss.inference.onnx_files import export_onnx

    path = args.out or Path(f"{args.system}.onnx")
    description = export_onnx(args.system, args.selection, path)
    print(f"written to {path}, and what it takes and gives to {description}")
    return 0
