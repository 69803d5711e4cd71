"""``convert``: files of others as systems."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "make a system of a file of others: an ONNX detector, or the published DCASE 2021 baseline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "kind",
        choices=("onnx", "dcase2021"),
        help="onnx: a detector or tagger, with --description; dcase2021: the checkpoint of Zenodo 4639817",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the ONNX file, or the checkpoint")
    parser.add_argument(
        "--description",
        type=Path,
        metavar="YAML",
        help="onnx: what the file takes and gives (docs/detectors.md; default: YAML beside FILE)",
    )
    parser.add_argument(
        "--separator",
        metavar="BLOCK",
        help="onnx: a separator of ours, such as mixit-separator, whose sources the detector gets",
    )
    parser.add_argument("--name", help="of the system (default: that in YAML, or DCASE2021)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of blocks and systems (default: that of the shipped ones, or JSS_CHECKPOINTS)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the blocks and the manifest. Returns 0.

    Raises:
        JssError: A file is missing or wrong.
    """
    from jss.errors import JssError

    if args.kind == "dcase2021":
        from jss.inference import dcase2021

        if args.description or args.separator:
            raise JssError("--description and --separator go with onnx.")
        path = dcase2021.convert(args.file, args.name or "DCASE2021", args.out)
    else:
        from jss.inference.onnx_files import import_onnx

        path = import_onnx(
            args.file,
            args.description or args.file.with_suffix(".yaml"),
            args.out,
            name=args.name,
            separator=args.separator,
        )
    print(f"written to {path}: --system {path.stem}")
    return 0
