"""``download``: data sets that may be downloaded; resumed and checked."""

from __future__ import annotations

import argparse
from pathlib import Path

from jss.commands.bars import progress
from jss.errors import JssError, number_of

HELP = "download a data set: resumed after an interruption, checked, several files at a time"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", nargs="?", help="the data set; without it, list all")
    parser.add_argument(
        "root", nargs="?", type=Path, help="folder to fetch it into; a second call goes on"
    )
    parser.add_argument(
        "--files",
        nargs="+",
        default=[],
        metavar="WORD",
        help="only files with one of these words in their name",
    )
    parser.add_argument(
        "--jobs", type=int, default=4, metavar="N", help="files at a time (default: 4)"
    )
    parser.add_argument(
        "--list", action="store_true", help="show the files and their licence, fetch nothing"
    )
    parser.add_argument("--keep-packed", action="store_true", help="do not unpack archives")


def run(args: argparse.Namespace) -> int:
    """Download and unpack.

    Returns:
        0; 1 where some files failed; 2 where all did.

    Raises:
        JssError: An argument is wrong, or the data set is unknown.
    """
    from jss.data.acquire.downloads import DOWNLOADS, download, listing, select, unpack
    from jss.data.acquire.fetching import fetch, remaining

    if args.name is None:
        print("\n".join(f"{name:<22} {source.title}" for name, source in DOWNLOADS.items()))
        return 0
    if args.jobs < 1:
        raise JssError("--jobs is 1 or more.")
    source = download(args.name)
    if args.root is None and not args.list:
        raise JssError(
            f"Name the folder to fetch {args.name} into, such as: jss download {args.name} DATA."
        )
    files_listed = listing(source)
    print(
        f"{source.title}\nlicence: {source.licence or files_listed.licence}; checked by: {files_listed.verified}"
    )
    if source.note:
        print(source.note)
    files = select(files_listed.files, args.files)
    if args.list:
        print("\n".join(f"  {file.name:<50} {_size(file.size)}" for file in files))
        return 0
    bytes_left = sum(remaining(file, args.root) for file in files)
    with progress(bytes_left or None, unit="B", unit_scale=True) as bar:
        failed = fetch(files, args.root, args.jobs, bar)
    failures = list(failed.values())
    for file in files:
        if file.name in failed or args.keep_packed:
            continue
        try:
            count = unpack(args.root / file.name)
            if count is not None:
                print(f"{file.name}: {number_of(count, 'files')} unpacked")
        except JssError as error:
            failures.append(str(error))
    for why in failures:
        print(f"  failed: {why}")
    print(f"{args.root}: {len(files) - len(failed)} of {len(files)} files are complete")
    return 0 if not failures else 1 if len(failed) < len(files) else 2


def _size(count: int | None) -> str:
    return "size not published" if count is None else f"{count / 1e6:.1f} MB"
