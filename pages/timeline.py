"""Timeline: what was detected in hours or weeks of sound, class by time, each cell to be heard."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.errors import number_of
from jss.labels import sound_class
from jss.review import timeline as timelines
from jss.review.timeline import Timeline, Window
from jss.viz import timeline_charts
from pages.ui import address, charts, time_cells, widgets
from pages.ui.cache import loaders
from pages.ui.clip import recordings
from pages.ui.text import literal

#: In the session: the chart of cells.
CELLS = "timeline cells"
#: Most events of a cell that are listed.
LISTED = 500


def page() -> None:
    st.title("Timeline")
    folders = {str(folder): folder for folder in recordings.detected_folders()}
    if not folders:
        how_to_start()
        return
    name = next(iter(folders))
    if len(folders) > 1:
        name = widgets.pick("Folder", list(folders), address.FOLDER, width=420)
    timeline = loaders.timeline(folders[name], recordings.user_folder())
    for note in timeline.notes:
        st.info(literal(note), icon=":material/schedule:")
    cells(timeline)
    per_hour(timeline)


def how_to_start() -> None:
    """Say how a folder comes to be shown."""
    st.info(
        "Nothing to show yet: detect the events of a folder of recordings, then start the app with the output "
        "folder. Dates and times in the names of the recordings place them on the clock.",
        icon=":material/calendar_view_day:",
    )
    st.code(
        "jss detect recordings/ --system MixIT-JT --out out/ --save-sources\nmake app REVIEW=out/",
        language="sh",
        wrap_lines=True,
    )


@st.fragment
@widgets.shows_errors
def cells(timeline: Timeline) -> None:
    """Show the cells of a window, and play what is pressed."""
    window = chosen_window(timeline)
    grid = timelines.grid(timeline, window.step, window.start, window.end)
    label, at = chosen_cell(timeline)
    # the cell may be of shorter bins
    bin_ = None if at is None else int((at - window.start) // window.step)
    chosen = None
    if label and bin_ is not None and 0 <= bin_ < len(grid.starts) and grid.recorded[bin_]:
        chosen = (label, bin_)
    chart, player = st.container(), st.container()
    # first of all: the sound is waited for; where it cannot be read, the chart stays
    with player, widgets.errors_shown():
        if chosen is not None:
            listen(timeline, chosen[0], float(grid.starts[chosen[1]]), window)
        else:
            st.caption("Press a cell to hear it: its longest event first.")
    times = [timeline.clock(start) for start in grid.starts]
    short = [timeline.tick(start, window.step) for start in grid.starts]
    stem = f"timeline.{window.bins.replace(' ', '-')}"
    names = {label: sound_class(label, k).display for k, label in enumerate(timeline.labels)}
    ticks = timeline_charts.ticks(short)
    with chart:
        charts.files(
            stem,
            "cells",
            lambda kind: charts.printed(
                timeline_charts.class_by_time(timeline.labels, short, grid.active, grid.recorded),
                kind,
            ),
        )
        time_cells.cells(
            grid,
            names,
            times,
            ticks,
            timeline_charts.scale(grid.active, grid.recorded),
            chosen,
            alt=timeline_charts.ALT,
            key=CELLS,
            on_press=press,
        )
    counted = chosen[0] if chosen else None
    rows = slice(None) if counted is None else [timeline.labels.index(counted)]
    events, active = grid.events[rows].sum(0).tolist(), grid.active[rows].sum(0).tolist()
    amounts = timeline_charts.amounts(short, events, active, counted)
    charts.files(
        f"{stem}.amounts",
        "amounts",
        lambda kind: charts.printed(amounts, kind),
        f"#### {literal(names[counted]) if counted else 'All classes'} by {window.bins}",
    )
    time_cells.bars(
        {"events": events, "active (min)": [seconds / 60 for seconds in active]},
        names,
        times,
        ticks,
        alt=amounts.alt,
        key="timeline amounts",
    )


def chosen_window(timeline: Timeline) -> Window:
    """Show what is chosen of length of a bin and time, and return it."""
    names, first = timelines.bins_of(timeline)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        bins = widgets.pick(
            "A cell is",
            names,
            address.BIN,
            _one,
            first,
            width=150,
        )
        windows = timelines.windows(timeline, bins)
        starts = [f"{window.start:.0f}" for window in windows]
        wanted = address.last(address.SINCE) or ""
        for start, window in zip(starts, windows, strict=True):
            if (
                start != wanted
                and wanted.isdecimal()
                and window.start <= float(wanted) < window.end
            ):
                address.write(address.SINCE, start)
        since = widgets.pick(
            "From", starts, address.SINCE, lambda text: timeline.clock(float(text)), width=230
        )
        if len(starts) > 1:
            widgets.step_buttons("window", starts, address.SINCE)
    return windows[starts.index(since)]


def _one(bins: str) -> str:
    """A length of a bin as people say it: a day, an hour, 10 minutes."""
    return bins if bins[0].isdigit() else f"{'an' if bins == 'hour' else 'a'} {bins}"


def chosen_cell(timeline: Timeline) -> tuple[str, float | None]:
    """Return class and start, in seconds, of the cell in the address; "" and None without one."""

    def there(cell: str) -> bool:
        label, _, at = cell.rpartition("@")
        return label in timeline.labels and at.isdecimal() and float(at) < timeline.span[1]

    cell = widgets.known_choice("Cell", address.CELL, there) or ""
    label, _, at = cell.rpartition("@")
    return (label, float(at)) if there(cell) else ("", None)


def press() -> None:
    """A pressed cell is heard."""
    pressed = st.session_state[CELLS]["pressed"]
    if pressed:
        cell = f"{pressed['label']}@{pressed['start']:.0f}"
        address.write_all({address.CELL: cell, address.EVENT: ""})


def listen(timeline: Timeline, label: str, start: float, window: Window) -> None:
    """Play an event of a cell, with its sources, and lead to the cell's other events."""
    display = literal(sound_class(label).display)
    events = timelines.inside(timeline, label, start, start + window.step)
    numbers = [str(n + 1) for n in range(len(events))]
    wanted = widgets.known_choice("Event", address.EVENT, numbers.__contains__)
    at = numbers.index(wanted) if wanted in numbers else 0
    if numbers:
        event = events.iloc[at]
        name, onset, offset = str(event["filename"]), float(event["onset"]), float(event["offset"])
        length = timeline_charts.amount(offset - onset)
        title = f"**{display}**, {timeline.clock(float(event['start']))}, {length}"
        title += f", event {at + 1} of {len(numbers)} in this cell, longest first"
        onset += max(0.0, start - float(event["start"]))  # play what lies in this cell
    else:
        place = timelines.recording_at(timeline, start, start + window.step)
        assert place is not None, "cells without sound cannot be pressed"
        name, onset = place
        offset = onset + timelines.LONGEST_S
        title = f"No {display} was detected in this cell. This is how it begins"
    part = timelines.excerpt(timeline, name, onset, offset)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(title, width="content")
        if len(numbers) > 1:
            widgets.step_buttons("event", numbers, address.EVENT)
        zoom(timeline, start, window)
    if part.path is None:
        st.warning(
            f"{literal(name)} is no longer where it was analysed: start the app with --data and its folder.",
            icon=":material/folder_off:",
        )
    else:
        st.audio(loaders.excerpt(part.path, part.start, part.end), "audio/wav", autoplay=True)
        st.caption(f"{literal(name)}, {part.start:.1f} to {part.end:.1f} s")
    if part.sources:
        for column, (m, path) in zip(
            st.columns(len(part.sources)), enumerate(part.sources, 1), strict=True
        ):
            with column:
                st.caption(f"Source {m}")
                st.audio(loaders.excerpt(path, part.start, part.end), "audio/wav")
    if len(numbers) > 1:
        listed(timeline, events.head(LISTED), len(events))


def zoom(timeline: Timeline, start: float, window: Window) -> None:
    """Show the button that opens a cell in shorter ones."""
    names, _ = timelines.bins_of(timeline)
    shorter = names[names.index(window.bins) + 1 :]
    if not shorter:
        return
    inner = timelines.shorter_window(timeline, start, window.step, shorter[0])
    st.button(
        "Zoom in",
        icon=":material/zoom_in:",
        key="zoom",
        help=f"Show the time around {timeline.clock(start)} with cells of {_one(shorter[0])}",
        on_click=address.write_all,
        args=({address.BIN: shorter[0], address.SINCE: f"{inner.start:.0f}", address.CELL: ""},),
    )


def listed(timeline: Timeline, events: pd.DataFrame, total: int) -> None:
    """List the events of a cell."""
    frame = pd.DataFrame(
        {
            "Start": [timeline.clock(start) for start in events["start"]],
            "Length (s)": (events["end"] - events["start"]).round(2).to_numpy(),
            "Recording": events["filename"].to_numpy(),
            "Onset (s)": events["onset"].round(2).to_numpy(),
        }
    )
    more = f", the {len(events)} longest" if total > len(events) else ""
    with st.expander(f"{'All ' * (total > 1)}{number_of(total, 'events')} of this cell{more}"):
        charts.table(frame, "cell events", "timeline.cell", height=250)


def per_hour(timeline: Timeline) -> None:
    """Show the events of each class in each hour, with all counts as CSV."""
    table = timelines.summary(timeline, "hour")
    names = [sound_class(label, k).display for k, label in enumerate(timeline.labels)]
    charts.table(
        table,
        "per hour",
        "timeline.per-hour",
        "#### Events per hour",
        data=timelines.per_class(table, names),
    )
    st.markdown(
        "An event counts in the hour in which it begins. The CSV has active and recorded seconds too, as "
        "`jss summary OUT --csv FILE` writes them."
    )


page()
