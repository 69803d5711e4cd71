"""One chart, drawn twice: what is on the screen is what is printed."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from jss.errors import JssError
from jss.training.stages import TREE
from jss.viz.chart import PALETTE, Chart, Heat, Panel, Series
from jss.viz.interactive import interactive
from jss.viz.printed import print_chart, printed
from jss.viz.report_charts import OTHERS
from jss.viz.style import INKS, contrast, readable

ALL = Chart(
    [
        [
            Panel(
                "one",
                "place",
                "share (0 to 1)",
                [
                    Series(
                        "bars",
                        "A",
                        [0.0, 1.0],
                        [0.5, None],
                        "#0072B2",
                        keys=[("x", "A"), ("y", "A")],
                    ),
                    Series(
                        "line",
                        "B",
                        [0.0, 1.0, None, 2.0],
                        [0.1, 0.2, None, 0.3],
                        "#E69F00",
                        dash=(4, 2),
                    ),
                ],
                [(0.0, "first"), (1.0, "second")],
                zero=True,
            ),
            Panel(
                "two",
                "epoch",
                "score",
                [
                    Series(
                        "points",
                        "A",
                        [0.5],
                        [0.4],
                        "#0072B2",
                        low=[0.3],
                        high=[0.6],
                        symbol="diamond",
                        keys=["clip"],
                    ),
                    Series("box", "C", [1.0], [0.1, 0.2, 0.4, 0.9], "#009E73", keys=list("pqrs")),
                ],
                y_range=(0.0, 1.0),
            ),
        ],
        [
            Panel(
                "three",
                "",
                "",
                heat=Heat(["Cat", "Dog"], ["Cat", "Dog"], [[3, 1], [1, 2]], "clips"),
            )
        ],
    ],
    "three panels",
)


def test_the_screen_has_every_number_and_key():
    figure = interactive(ALL)
    bars, line, points, box, in_box, heat = figure.data
    assert (list(bars.x), list(bars.y), bars.marker.color) == ([0, 1], [0.5, None], "#0072B2")
    assert [list(key) for key in bars.customdata] == [["x", "A"], ["y", "A"]]
    assert (list(line.y), line.connectgaps, line.line.dash) == (
        [0.1, 0.2, None, 0.3],
        False,
        "4px,2px",
    )
    assert (points.error_y.array[0], points.error_y.arrayminus[0]) == (
        pytest.approx(0.2),
        pytest.approx(0.1),
    )
    assert [list(key) for key in points.customdata] == [["clip"]]
    assert (list(box.y), set(box.x), box.boxpoints) == ([0.1, 0.2, 0.4, 0.9], {1.0}, False)
    assert (list(in_box.y), [key for (key,) in in_box.customdata]) == (list(box.y), list("pqrs"))
    assert all(0.5 < x < 1.5 for x in in_box.x)
    assert np.array(heat.z).tolist() == [[3, 1], [1, 2]]
    assert [trace.showlegend for trace in figure.data[:4]] == [True, True, False, True], (
        "a name stands there once"
    )
    assert [figure.layout.xaxis.title.text, figure.layout.yaxis2.title.text] == ["place", "score"]


def test_a_chosen_bar_or_point_is_outlined_and_nothing_fades():
    plain = interactive(ALL)
    for trace in plain.data[:5]:
        if trace.type in ("bar", "scatter") and trace.customdata is not None:
            normal = trace.marker.opacity or 1.0
            assert trace.unselected.marker.opacity == normal
    for key, (x, y) in {("y", "A"): (1, None), ("clip",): (0.5, 0.4), ("r",): (None, 0.4)}.items():
        chosen = interactive(replace(ALL, chosen=key))
        (outline,) = [
            trace for trace in chosen.data if trace.hoverinfo == "skip" and trace.type != "box"
        ]
        assert outline.y[0] == y
        in_box = next(
            t for t in chosen.data if t.type == "scatter" and len(t.y) == 4 and t.customdata
        )
        assert outline.x[0] == (in_box.x[2] if key == ("r",) else x)
    assert len(interactive(replace(ALL, chosen=("other",))).data) == len(plain.data)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_its_background(theme):
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    shown = [readable(color, theme) for color in (*PALETTE, *OTHERS)]
    assert min(contrast(color, INKS[theme].paper) for color in shown) >= 3
    assert len({*shown}) == len(shown)
    for color, changed in zip((*PALETTE, *OTHERS), shown, strict=True):
        if contrast(color, INKS[theme].paper) >= 3:
            assert changed == color.lower()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_text_of_axes_and_panels_can_be_read(theme):
    figure = interactive(ALL, theme)
    axes = [a for a in (*figure.select_xaxes(), *figure.select_yaxes()) if a.title.text]
    assert len(axes) == 4  # the heat map names its axes by its rows and columns
    colors = [font.color for a in axes for font in (a.tickfont, a.title.font)]
    colors += [panel.font.color for panel in figure.layout.annotations]
    assert min(contrast(color, INKS[theme].paper) for color in colors) >= 4.5


def test_paper_has_the_same_numbers():
    drawing = printed(ALL)
    one, two, three = drawing.axes
    assert [patch.get_height() for patch in one.patches] == [0.5, 0.0]
    (line,) = [item for item in one.lines if item.get_gid() == "B"]
    np.testing.assert_array_equal(line.get_ydata(), [0.1, 0.2, np.nan, 0.3])
    scattered = {item.get_gid(): item.get_offsets() for item in two.collections if item.get_gid()}
    assert scattered["A"].tolist() == [[0.5, 0.4]]
    assert scattered["C"][:, 1].tolist() == [0.1, 0.2, 0.4, 0.9]
    assert three.images[0].get_array().tolist() == [[3, 1], [1, 2]]
    assert [(axes.get_title("left"), axes.get_ylabel()) for axes in (one, two)] == [
        ("one", "share (0 to 1)"),
        ("two", "score"),
    ]
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["A", "B", "C"]


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_files_of_each_kind(theme):
    from PIL import Image

    svg = print_chart(ALL, "svg", theme)
    assert b"share (0 to 1)" in svg, "text stays text"
    assert svg == print_chart(ALL, "svg", theme), "the same numbers give the same bytes"
    assert print_chart(ALL, "pdf", theme).startswith(b"%PDF-")
    picture = Image.open(io.BytesIO(print_chart(ALL, "png", theme)))
    assert picture.width == pytest.approx(7.2 * 300, abs=2)
    assert (sum(picture.convert("RGB").getpixel((3, 3))) < 200) == (theme == "dark")
    with pytest.raises(JssError, match="svg, pdf or png"):
        print_chart(ALL, "bmp")


def test_every_system_has_a_colour_of_its_own():
    others = [name for name in TREE if name != "SED"]
    assert len(set(PALETTE)) == len(PALETTE) >= len(others)
