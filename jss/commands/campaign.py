"""``campaign``: a list of long trainings in order, started, resumed and watched by one command."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = (
    "train the rows of a campaign in order, resume after interruptions, and show the state of each"
)
#: Folder of the campaigns that ship; their names may be given instead of a path.
CAMPAIGNS = Path(__file__).parent.parent / "presets" / "campaigns"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("campaign", help="the path of a campaign's YAML file, or desk or weak")
    parser.add_argument(
        "--data", action="append", metavar="ROOT", help="as of train; may be given again"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the campaign (default: runs/campaign-NAME)",
    )
    parser.add_argument("--half", action="store_true", help="store blocks in half precision")
    parser.add_argument(
        "--status", action="store_true", help="only print the state of each row, train nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Train what is not finished, then print the table. Returns 0.

    Raises:
        JssError: The campaign or a training fails.
    """
    from jss.training import campaign
    from jss.training.distributed import joined

    path = Path(args.campaign)
    if path.suffix not in (".yaml", ".yml"):
        path = CAMPAIGNS / f"{args.campaign}.yaml"
    plan = campaign.read(path)
    out = args.out or Path("runs") / f"campaign-{path.stem}"
    if not args.status:
        with joined():
            campaign.run(plan, tuple(args.data or ("synthscapes",)), out, args.half)
    names = max(len("row"), *(len(row.name) for row in plan.rows))
    trains = max(len("trains"), *(len(row.trains) for row in plan.rows))
    print(
        f"{'row':<{names}}  {'trains':<{trains}}  {'state':<9} {'clips':>8} {'hours':>6}  best so far"
    )
    for row in campaign.progress(plan, out):
        print(
            f"{row.row.name:<{names}}  {row.row.trains:<{trains}}  {row.state:<9} {row.clips:>8} "
            f"{row.hours:>6.1f}  {row.objective}"
        )
    return 0
