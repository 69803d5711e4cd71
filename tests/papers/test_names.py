from __future__ import annotations

from jss import checkpoints
from jss.papers.names import PRINTED, printed_name
from jss.papers.tables import jss_results


def test_every_printed_name_is_in_the_paper_s_tables_and_every_single_system_has_one():
    systems = set(jss_results()["system"])
    assert set(PRINTED.values()) == {name for name in systems if "+" not in name}
    assert printed_name("MixIT-S1 (runs/mine)") == "DESED-S1"
    assert printed_name("MixIT-JT+") is None
    ours = {"MixIT-JT+", "MixIT-S2+", "MixIT8-S0", "MixIT8-S1"}
    assert {item.name for item in checkpoints.systems()} - {*PRINTED} <= ours
